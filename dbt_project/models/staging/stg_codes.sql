-- One row per mapping, respondent group, variable and code declared: what the code means.
select
    items.mapping,
    items.respondent_group,
    items.variable,
    scales.code,
    items.theme,
    items.theme_key,
    items.item_id,
    items.slot,
    scales.kind,
    -- As the question was worded: a delivery that was reversed already is turned back.
    cast(
        case
            when items.already_reversed then items.value_min + items.value_max - scales.value
            else scales.value
        end as smallint
    ) as answer,
    -- As it is scored: higher is better (method.md 1.2).
    cast(
        case
            when items.needs_reversal then items.value_min + items.value_max - scales.value
            else scales.value
        end as smallint
    ) as score
from {{ ref('stg_items_asked') }} as items
inner join {{ source('raw', 'scales') }} as scales on items.scale = scales.scale
