-- One row per respondent and item answered with a declared code. A view: the answers themselves stay in raw Parquet.
{{ config(materialized='view') }}
select
    answers.respondent_key,
    items.mapping,
    items.respondent_group,
    items.theme,
    items.item_id,
    items.slot,
    trend_items.is_trend,
    scales.kind,
    -- As the question was worded: a delivery that was reversed already is turned back.
    case
        when items.already_reversed then items.value_min + items.value_max - scales.value
        else scales.value
    end as answer,
    -- As it is scored: higher is better (method.md 1.2).
    case
        when items.needs_reversal then items.value_min + items.value_max - scales.value
        else scales.value
    end as score,
    case
        when items.needs_reversal then items.value_min + items.value_max - scales.value
        else scales.value
    end >= items.favourable_from as is_favourable
from {{ source('raw', 'answers') }} as answers
inner join {{ ref('stg_items_asked') }} as items
    on
        answers.mapping = items.mapping
        and answers.respondent_group = items.respondent_group
        and answers.variable = items.variable
inner join {{ ref('int_trend_items') }} as trend_items
    on
        items.respondent_group = trend_items.respondent_group
        and items.item_id = trend_items.item_id
inner join {{ source('raw', 'scales') }} as scales
    on
        items.scale = scales.scale
        and answers.code = scales.code
