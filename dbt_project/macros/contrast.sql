{#- Differences of means and their variance by linearisation over the union of clusters (method.md 5): CTEs for a model that has
    `parts`: the columns of `key`, cluster_id, sign of the mean that the part belongs to, sum_score and n of the part, and
    mean_raw, n_arm and sigma of the mean. Gives `cluster_variances`: the columns of `key`, clusters, variance (null with one
    cluster) and effective_clusters. -#}
{% macro cluster_variances(key) -%}
-- Each cluster's part in the difference: a school of several means is one cluster, so its parts are added first.
cluster_sums as (
    select
        {{ list_columns(key) }},
        cluster_id,
        {{ exact_sum('sign * 100 * (cast(sum_score as double) - mean_raw * n) / n_arm / sigma') }} as u,
        {{ exact_sum('power(cast(n as double) / n_arm, 2)') }} as weight
    from parts
    group by {{ list_columns(key) }}, cluster_id
),

cluster_variances as (
    select
        {{ list_columns(key) }},
        count(*) as clusters,
        case when count(*) > 1 then {{ exact_sum('u * u') }} * count(*) / (count(*) - 1) end as variance,
        -- As many equal clusters as these unequal ones are worth (Satterthwaite, cluster means of one variance).
        power({{ exact_sum('weight') }}, 2) / {{ exact_sum('weight * weight') }} as effective_clusters
    from cluster_sums
    group by {{ list_columns(key) }}
)
{%- endmacro %}

{#- The same for a model that has, besides `parts`, its `arms`: one row per mean with the columns of `key`, sign, n, mean, sd,
    clusters, raters and is_clustered. Gives `contrasts`: one row per `key`. Where an arm has no clusters the respondents stand
    for themselves (Welch). -#}
{% macro contrasts(key) -%}
{{ cluster_variances(key) }},

arm_totals as (
    select
        {{ list_columns(key) }},
        count(*) as arms,
        min(n) as n_least,
        min(raters) as raters_least,
        min(case when is_clustered then clusters end) as clusters_least,
        min(case when is_clustered then 1 else 0 end) = 1 as is_clustered,
        {{ exact_sum('sign * mean') }} as estimate,
        cast(sum(n) as bigint) as n,
        case when count(sd) = count(*) then {{ exact_sum('sd * sd / n') }} end as welch_variance,
        {{ exact_sum('power(sd * sd / n, 2) / nullif(n - 1, 0)') }} as welch_divisor
    from arms
    group by {{ list_columns(key) }}
),

contrasts as (
    select
        {{ list_columns(key, 'totals') }},
        totals.arms,
        totals.n_least,
        totals.raters_least,
        totals.is_clustered,
        totals.estimate,
        case when totals.is_clustered then totals.clusters_least else totals.n_least end as clusters_least,
        case when totals.is_clustered then variances.clusters else totals.n end as clusters,
        case when totals.is_clustered then variances.variance else totals.welch_variance end as variance,
        case
            when totals.is_clustered then variances.clusters - 1
            -- Welch–Satterthwaite.
            else power(totals.welch_variance, 2) / nullif(totals.welch_divisor, 0)
        end as df,
        case when totals.is_clustered then variances.effective_clusters end as effective_clusters
    from arm_totals as totals
    left join cluster_variances as variances
        on {{ equal_columns('totals', 'variances', key) }}
)
{%- endmacro %}
