-- One row per respondent and theme: the scored answers side by side, one slot an item, and their sums.
select
    respondent_key,
    mapping,
    respondent_group,
    theme,
    count(*) as n_answered,
    {%- for slot in range(1, var('max_items') + 1) %}
    max(case when slot = {{ slot }} then score end) as x{{ slot }},
    {%- endfor %}
    count(score) as n_valid,
    sum(score) as sum_valid,
    sum(case when is_favourable then 1 else 0 end) as n_favourable,
    count(case when is_trend then score end) as n_valid_trend,
    sum(case when is_trend then score end) as sum_valid_trend,
    sum(case when is_trend and is_favourable then 1 else 0 end) as n_favourable_trend
from {{ ref('stg_answers') }}
where kind in ('valid', 'declined')
group by respondent_key, mapping, respondent_group, theme
