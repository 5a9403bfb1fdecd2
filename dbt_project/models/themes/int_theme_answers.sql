-- One row per respondent and theme: the scored answers side by side, one slot an item.
-- Kept narrow: this is the one aggregation over all answers, and its width is its memory.
select
    respondent_key,
    theme_key,
    count(*) as n_answered,
    {%- for slot in range(1, var('max_items') + 1) %}
    max(case when slot = {{ slot }} then score end) as x{{ slot }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('stg_answers') }}
where kind in ('valid', 'declined')
group by respondent_key, theme_key
