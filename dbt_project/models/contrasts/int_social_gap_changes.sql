-- One row per pair of mappings, level, unit, respondent group that tells its background, and theme: both rounds' gaps on the
-- trend form, their difference and its variance over the union of clusters (method.md 6 and 5).
{%- set unit_key = ['level', 'unit_id', 'respondent_group', 'theme'] %}
{%- set key = ['mapping_from', 'mapping_to'] + unit_key %}
with telling as (
    select distinct respondent_group
    from {{ ref('stg_respondents') }}
    where background is not null
),

grid as (
    select
        {{ list_columns(key, 'changes') }},
        changes.is_comparable,
        changes.is_asked_from,
        changes.is_asked_to,
        changes.n_answered_from,
        changes.n_answered_to,
        changes.n_from,
        changes.n_to
    from {{ ref('int_change_estimates') }} as changes
    inner join telling on changes.respondent_group = telling.respondent_group
    where changes.breakdown = 'all'
),

arms as (
    select
        {{ list_columns(key, 'grid') }},
        levels.mapping,
        levels.breakdown_value,
        levels.is_highest,
        levels.mapping = grid.mapping_to as is_later,
        case when levels.is_highest = (levels.mapping = grid.mapping_to) then 1 else -1 end as sign,
        levels.n,
        levels.raters,
        {% if var('respondents_linked') -%}
            true as is_clustered,
            levels.n as clusters,
        {%- else -%}
            levels.is_clustered,
            levels.clusters,
        {%- endif %}
        levels.mean,
        levels.mean_raw,
        levels.sd,
        levels.sigma
    from grid
    inner join {{ ref('int_background_levels') }} as levels
        on
            {{ equal_columns('grid', 'levels', unit_key) }}
            and (grid.mapping_from = levels.mapping or grid.mapping_to = levels.mapping)
            and levels.form = 'trend'
),

parts as (
    select
        {{ list_columns(key, 'arms') }},
        clusters.cluster_id,
        arms.sign,
        clusters.n,
        clusters.sum_score,
        arms.mean_raw,
        arms.n as n_arm,
        arms.sigma
    from arms
    inner join {{ ref('int_change_clusters') }} as clusters
        on
            {{ equal_columns('arms', 'clusters', unit_key + ['mapping', 'breakdown_value']) }}
            and clusters.breakdown = 'background'
    where arms.is_clustered
),

{{ contrasts(key) }},

sides as (
    select
        {{ list_columns(key) }},
        max(case when is_highest and not is_later then mean end) - max(case when not is_highest and not is_later then mean end)
            as gap_from,
        max(case when is_highest and is_later then mean end) - max(case when not is_highest and is_later then mean end)
            as gap_to,
        sum(case when not is_later then n end) as n_arms_from,
        sum(case when is_later then n end) as n_arms_to
    from arms
    group by {{ list_columns(key) }}
)

select
    {{ list_columns(key, 'grid') }},
    grid.is_comparable,
    grid.is_asked_from,
    grid.is_asked_to,
    grid.n_answered_from,
    grid.n_answered_to,
    grid.n_from,
    grid.n_to,
    sides.gap_from,
    sides.gap_to,
    contrasts.raters_least,
    contrasts.is_clustered,
    contrasts.clusters_least,
    contrasts.clusters,
    least(
        grid.n_from,
        grid.n_to,
        contrasts.n_least,
        nullif(grid.n_from - coalesce(sides.n_arms_from, 0), 0),
        nullif(grid.n_to - coalesce(sides.n_arms_to, 0), 0)
    ) as n_least,
    case when contrasts.arms = 4 then contrasts.estimate end as estimate,
    case when contrasts.arms = 4 then contrasts.variance end as variance,
    case when contrasts.arms = 4 then contrasts.df end as df,
    contrasts.effective_clusters
from grid
left join sides
    on {{ equal_columns('grid', 'sides', key) }}
left join contrasts
    on {{ equal_columns('grid', 'contrasts', key) }}
