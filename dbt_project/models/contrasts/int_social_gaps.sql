-- One row per mapping, level, unit, respondent group that tells its background, and theme asked: highest minus lowest level's
-- mean on the full form and its variance (method.md 6). A unit without data has its row.
{%- set unit_key = ['level', 'unit_id', 'respondent_group', 'theme'] %}
{%- set key = ['mapping'] + unit_key %}
with telling as (
    select distinct respondent_group
    from {{ ref('stg_respondents') }}
    where background is not null
),

grid as (
    select
        forms.mapping,
        units.level,
        units.unit_id,
        forms.respondent_group,
        forms.theme
    from {{ ref('int_theme_forms') }} as forms
    inner join telling on forms.respondent_group = telling.respondent_group
    cross join {{ ref('stg_units') }} as units
),

estimates as (
    select *
    from {{ ref('int_level_estimates') }}
    where form = 'full' and breakdown in ('all', 'background')
),

counts as (
    select
        {{ list_columns(key) }},
        sum(case when breakdown = 'all' then n end) as n,
        sum(case when breakdown = 'background' then n else 0 end) as n_known
    from estimates
    group by {{ list_columns(key) }}
),

arms as (
    select
        {{ list_columns(key) }},
        case when is_highest then 1 else -1 end as sign,
        breakdown_value,
        n,
        raters,
        is_clustered,
        clusters,
        mean,
        mean_raw,
        sd,
        sigma
    from {{ ref('int_background_levels') }}
    where form = 'full'
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
    inner join {{ ref('int_unit_clusters') }} as clusters
        on
            {{ equal_columns('arms', 'clusters', key + ['breakdown_value']) }}
            and clusters.form = 'full'
            and clusters.breakdown = 'background'
    where arms.is_clustered
),

{{ contrasts(key) }},

two_levels as (
    select
        {{ list_columns(key) }},
        max(case when sign = 1 then n end) as n_highest,
        max(case when sign = -1 then n end) as n_lowest,
        max(case when sign = 1 then mean end) as mean_highest,
        max(case when sign = -1 then mean end) as mean_lowest
    from arms
    group by {{ list_columns(key) }}
)

select
    {{ list_columns(key, 'grid') }},
    counts.n,
    counts.n - counts.n_known as n_unknown,
    two_levels.n_lowest,
    two_levels.n_highest,
    two_levels.mean_lowest,
    two_levels.mean_highest,
    contrasts.raters_least,
    contrasts.is_clustered,
    contrasts.clusters_least,
    contrasts.clusters,
    -- Those in between are the difference of figures that are shown: they need the disclosure rule as much.
    least(
        counts.n,
        two_levels.n_lowest,
        two_levels.n_highest,
        nullif(counts.n - coalesce(two_levels.n_lowest, 0) - coalesce(two_levels.n_highest, 0), 0)
    ) as n_least,
    case when contrasts.arms = 2 then contrasts.estimate end as estimate,
    case when contrasts.arms = 2 then contrasts.variance end as variance,
    case when contrasts.arms = 2 then contrasts.df end as df,
    contrasts.effective_clusters
from grid
left join counts
    on {{ equal_columns('grid', 'counts', key) }}
left join two_levels
    on {{ equal_columns('grid', 'two_levels', key) }}
left join contrasts
    on {{ equal_columns('grid', 'contrasts', key) }}
