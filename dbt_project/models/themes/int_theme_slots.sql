-- One row per mapping, respondent group and theme asked: per item slot, whether it is asked, common to all rounds, and from
-- which score an answer is favourable.
select
    items.mapping,
    items.respondent_group,
    items.theme,
    items.theme_key,
    {%- for slot in range(1, var('max_items') + 1) %}
    max(case when items.slot = {{ slot }} then items.favourable_from end) as favourable_from_{{ slot }},
    max(case when items.slot = {{ slot }} and trend_items.is_trend then 1 else 0 end) = 1
    as is_trend_{{ slot }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('stg_items_asked') }} as items
inner join {{ ref('int_trend_items') }} as trend_items
    on {{ equal_columns('items', 'trend_items', ['respondent_group', 'item_id']) }}
group by items.mapping, items.respondent_group, items.theme, items.theme_key
