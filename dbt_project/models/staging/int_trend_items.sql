-- One row per respondent group and item: is it the same in all rounds that asked its theme (method.md 1.4)?
with theme_rounds as (
    select
        respondent_group,
        theme,
        count(distinct mapping) as n_rounds
    from {{ ref('stg_items_asked') }}
    group by respondent_group, theme
),

first_rounds as (
    select
        respondent_group,
        item_id,
        min(mapping_position) as first_position
    from {{ ref('stg_items_asked') }}
    group by respondent_group, item_id
),

item_rounds as (
    select
        items.respondent_group,
        items.item_id,
        items.theme,
        count(*) as n_rounds,
        min(items.value_min) = max(items.value_min) and min(items.value_max) = max(items.value_max) as has_one_scale,
        -- A change of wording counts from the second round on: before it there is nothing to differ from.
        sum(
            case
                when items.mapping_position = first_rounds.first_position then 0
                when items.comparability = 'identical' then 0
                {%- if var('trend_includes_minor') %}
                when items.comparability = 'minor' then 0
                {%- endif %}
                else 1
            end
        ) as n_changes
    from {{ ref('stg_items_asked') }} as items
    inner join first_rounds
        on
            items.respondent_group = first_rounds.respondent_group
            and items.item_id = first_rounds.item_id
    group by items.respondent_group, items.item_id, items.theme
)

select
    item_rounds.respondent_group,
    item_rounds.item_id,
    item_rounds.theme,
    item_rounds.n_rounds = theme_rounds.n_rounds
    and item_rounds.has_one_scale
    and item_rounds.n_changes = 0 as is_trend
from item_rounds
inner join theme_rounds
    on
        item_rounds.respondent_group = theme_rounds.respondent_group
        and item_rounds.theme = theme_rounds.theme
