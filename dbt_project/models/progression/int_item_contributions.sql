-- One row per pair of mappings, level, unit, respondent group, theme and item of the trend form: the item's part in the
-- change of its theme (method.md 5, where it comes from).
{%- set unit_key = ['mapping', 'level', 'unit_id', 'respondent_group', 'theme', 'item_id'] %}
{%- set key = ['mapping_from', 'mapping_to', 'level', 'unit_id', 'respondent_group', 'theme'] %}
with item_sums as (
    {%- for level, unit, cluster in levels() %}
    select
        counts.mapping,
        '{{ level }}' as level,
        {{ 'counts.' ~ unit if level != 'programme' else unit }} as unit_id,
        counts.respondent_group,
        counts.theme,
        counts.item_id,
        sum(counts.n) as n,
        sum(
            counts.n
            * case when items.is_negative then items.value_min + items.value_max - counts.answer else counts.answer end
        ) as total
    from {{ ref('int_item_counts') }} as counts
    inner join {{ ref('stg_items_asked') }} as items
        on {{ equal_columns('counts', 'items', ['mapping', 'respondent_group', 'item_id']) }}
    inner join {{ ref('int_trend_items') }} as trend_items
        on
            {{ equal_columns('counts', 'trend_items', ['respondent_group', 'item_id']) }}
            and trend_items.is_trend
    group by 1, 2, 3, 4, 5, 6
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

item_means as (
    select
        {{ list_columns(unit_key) }},
        cast(n as bigint) as n,
        cast(total as double) / n as mean
    from item_sums
),

parts as (
    select
        {{ list_columns(key, 'changes') }},
        items_from.item_id,
        changes.delta,
        changes.n_from as n_theme_from,
        changes.n_to as n_theme_to,
        changes.raters_from,
        changes.raters_to,
        items_from.n as n_from,
        items_to.n as n_to,
        -- A theme mean is the mean of its items, so each item carries one k-th of its own change.
        100 * (items_to.mean - items_from.mean) / parameters.sigma / changes.items as contribution
    from {{ ref('int_change_estimates') }} as changes
    inner join {{ ref('int_base_parameters') }} as parameters
        on
            {{ equal_columns('changes', 'parameters', ['respondent_group', 'theme']) }}
            and parameters.form = 'trend'
    inner join item_means as items_from
        on
            changes.mapping_from = items_from.mapping
            and {{ equal_columns('changes', 'items_from', ['level', 'unit_id', 'respondent_group', 'theme']) }}
    inner join item_means as items_to
        on
            changes.mapping_to = items_to.mapping
            and {{ equal_columns('changes', 'items_to', ['level', 'unit_id', 'respondent_group', 'theme']) }}
            and items_from.item_id = items_to.item_id
    where changes.breakdown = 'all' and changes.delta is not null and parameters.sigma > 0
),

totals as (
    select
        {{ list_columns(key) }},
        {{ exact_sum('contribution') }} as explained,
        least(min(n_from), min(n_to), min(n_theme_from), min(n_theme_to)) as n_least
    from parts
    group by {{ list_columns(key) }}
)

select
    {{ list_columns(key, 'parts') }},
    parts.item_id,
    parts.n_from,
    parts.n_to,
    totals.n_least,
    least(parts.raters_from, parts.raters_to) as raters_least,
    parts.contribution,
    parts.delta,
    parts.delta - totals.explained as residual
from parts
inner join totals
    on {{ equal_columns('parts', 'totals', key) }}
