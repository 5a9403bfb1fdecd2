-- One row per mapping, respondent group and theme asked: its items in full and in the trend form (method.md 1.3, 1.4).
with per_round as (
    select
        items.mapping,
        items.respondent_group,
        items.theme,
        count(*) as n_items,
        sum(case when trend_items.is_trend then 1 else 0 end) as n_trend_items
    from {{ ref('stg_items_asked') }} as items
    inner join {{ ref('int_trend_items') }} as trend_items
        on
            items.respondent_group = trend_items.respondent_group
            and items.item_id = trend_items.item_id
    group by items.mapping, items.respondent_group, items.theme
),

longest as (
    select
        respondent_group,
        theme,
        max(n_items) as max_items
    from per_round
    group by respondent_group, theme
)

select
    per_round.mapping,
    per_round.respondent_group,
    per_round.theme,
    per_round.n_items,
    per_round.n_trend_items,
    cast(ceil(per_round.n_items * {{ var('min_valid_share') }}) as integer) as min_valid,
    cast(ceil(per_round.n_trend_items * {{ var('min_valid_share') }}) as integer) as min_valid_trend,
    per_round.n_trend_items >= case
        when longest.max_items <= 3 then {{ var('trend_min_items_short') }}
        else {{ var('trend_min_items') }}
    end
    and per_round.n_trend_items >= {{ var('trend_min_share') }} * longest.max_items as has_trend
from per_round
inner join longest
    on
        per_round.respondent_group = longest.respondent_group
        and per_round.theme = longest.theme
