-- One row per row of the change grid: both rounds' means on the trend form, their difference and its variance (method.md 5).
{%- set key = change_key() %}
{%- set unit_key = ['level', 'unit_id', 'respondent_group', 'theme', 'breakdown', 'breakdown_value'] %}
with trend_estimates as (
    select *
    from {{ ref('int_level_estimates') }}
    where form = 'trend'
),

-- A round's estimate on the full form tells whether there are data at all where there is no trend form.
answered as (
    select
        {{ list_columns(unit_key + ['mapping', 'n', 'raters']) }}
    from {{ ref('int_level_estimates') }}
    where form = 'full'
),

rounds as (
    select
        {{ list_columns(key, 'grid') }},
        forms_from.n_trend_items as items,
        coalesce(forms_from.has_trend and forms_to.has_trend, false) as is_comparable,
        forms_from.mapping is not null as is_asked_from,
        forms_to.mapping is not null as is_asked_to,
        -- A respondent may have a score on the trend form only, where that has fewer items.
        coalesce(answered_from.n, estimates_from.n) as n_answered_from,
        coalesce(answered_to.n, estimates_to.n) as n_answered_to,
        coalesce(estimates_from.n, answered_from.n) as n_from,
        coalesce(estimates_to.n, answered_to.n) as n_to,
        coalesce(estimates_from.raters, answered_from.raters) as raters_from,
        coalesce(estimates_to.raters, answered_to.raters) as raters_to,
        estimates_from.mean as mean_from,
        estimates_to.mean as mean_to,
        estimates_from.sd as sd_from,
        estimates_to.sd as sd_to,
        estimates_from.mean_raw as mean_raw_from,
        estimates_to.mean_raw as mean_raw_to,
        estimates_from.sigma,
        {% if var('respondents_linked') -%}
            -- The same persons in both rounds, who are their own clusters.
            estimates_from.n as clusters_from,
            estimates_to.n as clusters_to,
            true as is_clustered
        {%- else -%}
            estimates_from.clusters as clusters_from,
            estimates_to.clusters as clusters_to,
            -- A school's classes are its clusters only when both rounds have enough of them.
            grid.level <> 'institution' or (estimates_from.is_clustered and estimates_to.is_clustered) as is_clustered
        {%- endif %}
    from {{ ref('int_change_grid') }} as grid
    left join {{ ref('int_theme_forms') }} as forms_from
        on
            grid.mapping_from = forms_from.mapping
            and {{ equal_columns('grid', 'forms_from', ['respondent_group', 'theme']) }}
    left join {{ ref('int_theme_forms') }} as forms_to
        on
            grid.mapping_to = forms_to.mapping
            and {{ equal_columns('grid', 'forms_to', ['respondent_group', 'theme']) }}
    left join trend_estimates as estimates_from
        on
            grid.mapping_from = estimates_from.mapping
            and {{ equal_columns('grid', 'estimates_from', unit_key) }}
    left join trend_estimates as estimates_to
        on
            grid.mapping_to = estimates_to.mapping
            and {{ equal_columns('grid', 'estimates_to', unit_key) }}
    left join answered as answered_from
        on
            grid.mapping_from = answered_from.mapping
            and {{ equal_columns('grid', 'answered_from', unit_key) }}
    left join answered as answered_to
        on
            grid.mapping_to = answered_to.mapping
            and {{ equal_columns('grid', 'answered_to', unit_key) }}
),

parts as (
    select
        {{ list_columns(key, 'rounds') }},
        clusters.cluster_id,
        clusters.n,
        clusters.sum_score,
        rounds.sigma,
        case when clusters.mapping = rounds.mapping_to then 1 else -1 end as sign,
        case when clusters.mapping = rounds.mapping_to then rounds.mean_raw_to else rounds.mean_raw_from end as mean_raw,
        case when clusters.mapping = rounds.mapping_to then rounds.n_to else rounds.n_from end as n_arm
    from rounds
    inner join {{ ref('int_change_clusters') }} as clusters
        on
            {{ equal_columns('rounds', 'clusters', unit_key) }}
            and (rounds.mapping_from = clusters.mapping or rounds.mapping_to = clusters.mapping)
    where rounds.is_clustered and rounds.mean_from is not null and rounds.mean_to is not null
),

{{ cluster_variances(key) }}

select
    {{ list_columns(key, 'rounds') }},
    rounds.items,
    rounds.is_comparable,
    rounds.is_asked_from,
    rounds.is_asked_to,
    rounds.n_answered_from,
    rounds.n_answered_to,
    rounds.n_from,
    rounds.n_to,
    rounds.raters_from,
    rounds.raters_to,
    rounds.mean_from,
    rounds.mean_to,
    rounds.sd_from,
    rounds.sd_to,
    rounds.is_clustered,
    rounds.mean_to - rounds.mean_from as delta,
    case when rounds.is_clustered then rounds.clusters_from else rounds.n_from end as clusters_from,
    case when rounds.is_clustered then rounds.clusters_to else rounds.n_to end as clusters_to,
    case when rounds.is_clustered then cluster_variances.clusters else rounds.n_from + rounds.n_to end as clusters,
    case when rounds.is_clustered then cluster_variances.effective_clusters end as effective_clusters,
    case
        when not rounds.is_clustered
            then
                rounds.sd_from * rounds.sd_from / rounds.n_from
                + rounds.sd_to * rounds.sd_to / rounds.n_to
        else cluster_variances.variance
    end as variance,
    case
        when rounds.is_clustered then cluster_variances.clusters - 1
        -- Welch–Satterthwaite.
        else power(
            rounds.sd_from * rounds.sd_from / rounds.n_from + rounds.sd_to * rounds.sd_to / rounds.n_to, 2
        )
        / nullif(
            power(rounds.sd_from * rounds.sd_from / rounds.n_from, 2) / nullif(rounds.n_from - 1, 0)
            + power(rounds.sd_to * rounds.sd_to / rounds.n_to, 2) / nullif(rounds.n_to - 1, 0),
            0
        )
    end as df
from rounds
left join cluster_variances
    on {{ equal_columns('rounds', 'cluster_variances', key) }}
