-- One row per school year, level, unit, respondent group, test and part of the pupils: mean gain, variance (method.md 2, 8).
{%- set key = ['school_year', 'level', 'unit_id', 'respondent_group', 'test', 'breakdown', 'breakdown_value'] %}
{%- set units = [
    ('programme', "'" ~ var('programme') ~ "'", 'lineage_id_last'),
    ('municipality', 'municipality_id', 'lineage_id_last'),
    ('institution', 'lineage_id', 'class_id'),
] %}
-- Clusters are schools (method.md 2). Who changed school during the year belongs to the one where the gain was completed: movers
-- are no school of their own, and each by itself would count as a school more.
with parts as (
    {% for level, unit, cluster in units %}
        {% for breakdown, value in [
            ('all', "'all'"),
            ('grade', 'cast(grade as varchar)'),
            ('class', "cast(grade as varchar) || '/' || class_id"),
        ] if breakdown != 'class' or level == 'institution' %}
            select
                school_year,
                '{{ level }}' as level,
                {{ unit }} as unit_id,
                respondent_group,
                test,
                '{{ breakdown }}' as breakdown,
                {{ value }} as breakdown_value,
                {{ cluster }} as cluster_id,
                subject,
                grade,
                score_first,
                score_last,
                gain,
                gain_standardised,
                sem,
                rci
            from {{ ref('int_pupil_gains') }}
            where {{ unit }} is not null and {{ value }} is not null
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

cluster_sums as (
    select
        {{ list_columns(key) }},
        cluster_id,
        count(*) as n,
        {{ exact_sum('gain') }} as sum_gain,
        count(gain_standardised) as n_standardised,
        {{ exact_sum('gain_standardised') }} as sum_standardised
    from parts
    group by {{ list_columns(key) }}, cluster_id
),

totals as (
    select
        {{ list_columns(key) }},
        max(subject) as subject,
        max(grade) as grade,
        count(*) as n,
        count(distinct cluster_id) as n_clusters,
        count(*) = count(cluster_id) as is_cluster_known,
        {{ exact_sum('score_first') }} / count(*) as mean_first,
        {{ exact_sum('score_last') }} / count(*) as mean_last,
        {{ exact_sum('gain') }} / count(*) as gain,
        {{ squared_deviations(exact_sum('gain * gain'), exact_sum('gain'), 'count(*)') }}
        / nullif(count(*) - 1, 0) as variance_gain,
        count(gain_standardised) as n_standardised,
        {{ exact_sum('gain_standardised') }} / nullif(count(gain_standardised), 0) as standardised,
        {{ squared_deviations(
            exact_sum('gain_standardised * gain_standardised'),
            exact_sum('gain_standardised'),
            'nullif(count(gain_standardised), 0)'
        ) }} / nullif(count(gain_standardised) - 1, 0) as variance_standardised,
        -- The error of measurement belongs to a grade.
        case when min(sem) = max(sem) then max(sem) end as sem,
        cast(sum(case when rci > 1.96 then 1 else 0 end) as double) / nullif(count(rci), 0) as share_reliable_gain,
        cast(sum(case when rci < -1.96 then 1 else 0 end) as double) / nullif(count(rci), 0) as share_reliable_fall
    from parts
    group by {{ list_columns(key) }}
),

-- A grade's classes are told where all of its pupils are in a class and no class has too few: one that is left out would follow
-- from the others and the grade.
classes as (
    select
        school_year,
        unit_id,
        respondent_group,
        test,
        grade
    from totals
    where level = 'institution' and breakdown in ('grade', 'class')
    group by school_year, unit_id, respondent_group, test, grade
    having
        sum(case when breakdown = 'class' then n else 0 end) = sum(case when breakdown = 'grade' then n else 0 end)
        and min(n) >= {{ var('min_class_n') }}
),

means as (
    select
        totals.*,
        totals.level <> 'institution'
        or (
            totals.breakdown <> 'class'
            and totals.is_cluster_known
            and totals.n_clusters >= {{ var('min_classes') }}
        ) as is_clustered
    from totals
    left join classes
        on {{ equal_columns('totals', 'classes', ['school_year', 'unit_id', 'respondent_group', 'test', 'grade']) }}
    where totals.breakdown <> 'class' or classes.test is not null
),

cluster_variances as (
    select
        {{ list_columns(key, 'means') }},
        count(*) as clusters,
        -- u_s of method.md 2.
        {{ exact_sum('power((clusters.sum_gain - means.gain * clusters.n) / means.n, 2)') }} as sum_u_squared,
        {{ exact_sum(
            'power((clusters.sum_standardised - means.standardised * clusters.n_standardised) / means.n_standardised, 2)'
        ) }} as sum_u_squared_standardised
    from means
    inner join cluster_sums as clusters on {{ equal_columns('means', 'clusters', key) }}
    where means.is_clustered
    group by {{ list_columns(key, 'means') }}
)

select
    {{ list_columns(key, 'means') }},
    means.subject,
    means.n,
    means.mean_first,
    means.mean_last,
    means.gain,
    sqrt(means.variance_gain) as sd,
    means.standardised,
    means.sem,
    means.share_reliable_gain,
    means.share_reliable_fall,
    case when means.is_clustered then variances.clusters else means.n end as clusters,
    case
        when not means.is_clustered then means.variance_gain / means.n
        when variances.clusters > 1 then variances.sum_u_squared * variances.clusters / (variances.clusters - 1)
    end as variance,
    case
        when not means.is_clustered then means.variance_standardised / means.n_standardised
        when variances.clusters > 1
            then variances.sum_u_squared_standardised * variances.clusters / (variances.clusters - 1)
    end as variance_of_standardised
from means
left join cluster_variances as variances on {{ equal_columns('means', 'variances', key) }}
