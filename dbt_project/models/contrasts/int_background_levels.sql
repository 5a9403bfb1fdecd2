-- One row per mapping, level, unit, respondent group, theme and form with the lowest or the highest level of the parents'
-- education: that level's mean (method.md 6).
select
    mapping,
    level,
    unit_id,
    respondent_group,
    theme,
    form,
    breakdown_value,
    breakdown_value = '{{ var("highest_background") }}' as is_highest,
    n,
    raters,
    is_clustered,
    clusters,
    mean,
    mean_raw,
    sd,
    sigma
from {{ ref('int_level_estimates') }}
where
    breakdown = 'background'
    and breakdown_value in ('{{ var("lowest_background") }}', '{{ var("highest_background") }}')
