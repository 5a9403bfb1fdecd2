-- One row per mapping, respondent group and item asked: what people decided of it, and its shift since it was last asked beside
-- that of its theme (method.md 4). The whole programme.
with item_sums as (
    select
        counts.mapping,
        counts.respondent_group,
        counts.item_id,
        sum(counts.n) as n,
        sum(
            counts.n
            * case when items.is_negative then items.value_min + items.value_max - counts.answer else counts.answer end
        ) as total,
        sum(counts.n * power(
            case when items.is_negative then items.value_min + items.value_max - counts.answer else counts.answer end, 2
        )) as total_squared
    from {{ ref('int_item_counts') }} as counts
    inner join {{ ref('stg_items_asked') }} as items
        on {{ equal_columns('counts', 'items', ['mapping', 'respondent_group', 'item_id']) }}
    group by counts.mapping, counts.respondent_group, counts.item_id
),

moments as (
    select
        items.mapping,
        items.mapping_position,
        items.respondent_group,
        items.theme,
        items.item_id,
        items.comparability,
        items.value_min,
        items.value_max,
        cast(item_sums.n as bigint) as n,
        cast(item_sums.total as double) / item_sums.n as mean,
        case
            when item_sums.n > 1
                then sqrt(
                    {{ squared_deviations(
                        'cast(item_sums.total_squared as double)', 'cast(item_sums.total as double)', 'item_sums.n'
                    ) }}
                    / (item_sums.n - 1)
                )
        end as sd
    from {{ ref('stg_items_asked') }} as items
    left join item_sums
        on {{ equal_columns('items', 'item_sums', ['mapping', 'respondent_group', 'item_id']) }}
),

with_before as (
    select
        *,
        lag(mapping) over (partition by respondent_group, item_id order by mapping_position) as mapping_from,
        lag(n) over (partition by respondent_group, item_id order by mapping_position) as n_from,
        lag(mean) over (partition by respondent_group, item_id order by mapping_position) as mean_from,
        lag(sd) over (partition by respondent_group, item_id order by mapping_position) as sd_from,
        lag(value_min) over (partition by respondent_group, item_id order by mapping_position) as value_min_from,
        lag(value_max) over (partition by respondent_group, item_id order by mapping_position) as value_max_from
    from moments
),

shifts as (
    select
        *,
        case
            when value_min = value_min_from and value_max = value_max_from then (mean - mean_from) / nullif(sd_from, 0)
        end as shift
    from with_before
),

with_theme as (
    select
        *,
        avg(cast(shift as decimal(38, 18))) over (partition by mapping, respondent_group, theme, mapping_from) as theme_shift
    from shifts
)

select
    with_theme.mapping,
    with_theme.respondent_group,
    with_theme.theme,
    with_theme.item_id,
    with_theme.mapping_from,
    with_theme.comparability,
    -- Of a theme with too few common items none is part of a trend form.
    trend_items.is_trend and forms.has_trend as is_trend,
    with_theme.n_from,
    with_theme.n,
    with_theme.shift,
    case when with_theme.shift is not null then cast(with_theme.theme_shift as double) end as theme_shift,
    with_theme.shift - cast(with_theme.theme_shift as double) as drift
from with_theme
inner join {{ ref('int_trend_items') }} as trend_items
    on {{ equal_columns('with_theme', 'trend_items', ['respondent_group', 'item_id']) }}
inner join {{ ref('int_theme_forms') }} as forms
    on {{ equal_columns('with_theme', 'forms', ['mapping', 'respondent_group', 'theme']) }}
