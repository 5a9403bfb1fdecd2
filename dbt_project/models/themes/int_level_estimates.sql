-- One row per mapping, level, unit, respondent group, theme, form and breakdown value: mean and variance (method.md 2).
{%- set key = estimate_key() %}
with sums as (
    select
        {{ list_columns(key) }},
        cast(sum(n) as bigint) as n,
        cast(sum(sum_score) as double) as sum_score,
        cast(sum(sum_score_squared) as double) as sum_score_squared,
        cast(sum(sum_favourable) as double) as sum_favourable,
        count(*) as n_clusters,
        count(*) = count(cluster_id) as is_cluster_known
    from {{ ref('int_unit_clusters') }}
    group by {{ list_columns(key) }}
),

-- Classes are shown where n allows it: all of the school's respondents are in a class, and no class has too few. With one class
-- left out the others would tell it.
classes as (
    select
        mapping,
        unit_id,
        respondent_group,
        theme
    from sums
    where level = 'institution' and form = 'full' and breakdown in ('all', 'class')
    group by mapping, unit_id, respondent_group, theme
    having
        sum(case when breakdown = 'class' then n else 0 end) = sum(case when breakdown = 'all' then n else 0 end)
        and min(n) >= {{ var('min_class_n') }}
),

totals as (
    select sums.*
    from sums
    left join classes
        on {{ equal_columns('sums', 'classes', ['mapping', 'unit_id', 'respondent_group', 'theme']) }}
    where sums.breakdown <> 'class' or classes.theme is not null
),

means as (
    select
        {{ list_columns(key, 'totals') }},
        totals.n,
        totals.n_clusters,
        parameters.base_mapping,
        parameters.mu,
        -- Without spread in the base round there is no 500 scale for this theme.
        nullif(parameters.sigma, 0) as sigma,
        totals.sum_score / totals.n as mean_raw,
        totals.sum_favourable / totals.n as favourable,
        case
            when totals.n > 1
                then
                    {{ squared_deviations('totals.sum_score_squared', 'totals.sum_score', 'totals.n') }}
                    / (totals.n - 1)
        end as variance_raw,
        totals.level <> 'institution'
        or (totals.is_cluster_known and totals.n_clusters >= {{ var('min_classes') }}) as is_clustered
    from totals
    inner join {{ ref('int_base_parameters') }} as parameters
        on {{ equal_columns('totals', 'parameters', ['respondent_group', 'theme', 'form']) }}
),

cluster_variances as (
    select
        {{ list_columns(key, 'means') }},
        -- u_s of method.md 2, on the 500 scale.
        {{ exact_sum(
            "power(100 * (cast(clusters.sum_score as double) - means.mean_raw * clusters.n) / means.n / means.sigma, 2)"
        ) }} as sum_u_squared,
        -- As many equal clusters as these unequal ones are worth (Satterthwaite, cluster means of one variance).
        power({{ exact_sum("power(cast(clusters.n as double) / means.n, 2)") }}, 2)
        / {{ exact_sum("power(cast(clusters.n as double) / means.n, 4)") }} as effective_clusters
    from means
    inner join {{ ref('int_unit_clusters') }} as clusters
        on {{ equal_columns('means', 'clusters', key) }}
    where means.is_clustered
    group by {{ list_columns(key, 'means') }}
)

select
    {{ list_columns(key, 'means') }},
    means.base_mapping,
    means.n,
    raters.raters,
    means.is_clustered,
    case when means.is_clustered then means.n_clusters else means.n end as clusters,
    500 + 100 * (means.mean_raw - means.mu) / means.sigma as mean,
    100 * sqrt(means.variance_raw) / means.sigma as sd,
    means.mean_raw,
    means.favourable,
    means.sigma,
    case when means.is_clustered then cluster_variances.effective_clusters end as effective_clusters,
    case
        when means.is_clustered and means.n_clusters > 1
            then cluster_variances.sum_u_squared * means.n_clusters / (means.n_clusters - 1)
        when not means.is_clustered
            then 10000 * means.variance_raw / means.n / (means.sigma * means.sigma)
    end as variance
from means
left join cluster_variances
    on {{ equal_columns('means', 'cluster_variances', key) }}
left join {{ ref('int_unit_raters') }} as raters
    on {{ equal_columns('means', 'raters', key) }}
