-- One row per school year, level, unit, respondent group, test, grade and background.
{%- set key = ['school_year', 'level', 'unit_id', 'respondent_group', 'test', 'grade', 'background'] %}
with results as (
    select
        *,
        coalesce(cast(grade as varchar), 'all') as grade_label
    from {{ ref('stg_results') }}
    where kind in ('national_test', 'exam')
),

parts as (
    {% for level, unit in [
        ('programme', "'" ~ var('programme') ~ "'"),
        ('municipality', 'municipality_id'),
        ('institution', 'lineage_id'),
    ] %}
        {% for background in ["'all'", 'background'] %}
            select
                school_year,
                '{{ level }}' as level,
                {{ unit }} as unit_id,
                respondent_group,
                test,
                grade_label as grade,
                {{ background }} as background,
                kind,
                subject,
                series,
                lineage_id,
                n,
                step,
                percentile,
                score,
                expected,
                is_significant
            from results
            where {{ unit }} is not null and {{ background }} is not null
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

sums as (
    select
        {{ list_columns(key) }},
        max(kind) as kind,
        max(subject) as subject,
        max(series) as series,
        sum(n) as n,
        count(*) as figures,
        count(distinct lineage_id) as schools,
        sum(case when step is not null then n end) as n_step,
        sum(case when step >= 4 then n else 0 end) as n_good,
        sum(case when step = 6 then n else 0 end) as n_best,
        sum(case when step <= 2 then n else 0 end) as n_poor,
        sum(case when percentile is not null then n end) as n_percentile,
        {{ exact_sum('percentile * n') }} as sum_percentile,
        sum(case when score is not null then n end) as n_score,
        {{ exact_sum('score * n') }} as sum_score,
        -- Added value is actual minus expected of those of whom both are known.
        sum(case when score is not null and expected is not null then n end) as n_expected,
        {{ exact_sum('case when score is not null then expected * n end') }} as sum_expected,
        {{ exact_sum('case when expected is not null then score * n end') }} as sum_actual,
        max(case when is_significant then 1 when not is_significant then 0 end) as significant
    from parts
    group by {{ list_columns(key) }}
)

select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(school_year as varchar) as school_year,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(respondent_group as varchar) as respondent_group,
    cast(test as varchar) as test,
    cast(grade as varchar) as grade,
    cast(background as varchar) as background,
    cast(kind as varchar) as kind,
    cast(subject as varchar) as subject,
    cast(series as bigint) as series,
    cast(n as bigint) as n,
    cast(least(n, n_step, n_percentile, n_score, n_expected) as bigint) as n_least,
    cast(schools as bigint) as schools,
    cast(cast(n_good as double) / n_step as double) as share_good,
    cast(cast(n_best as double) / n_step as double) as share_best,
    cast(cast(n_poor as double) / n_step as double) as share_poor,
    cast(sum_percentile / n_percentile as double) as mean_percentile,
    cast(sum_score / n_score as double) as mean_score,
    cast(sum_expected / n_expected as double) as expected,
    cast((sum_actual - sum_expected) / n_expected as double) as added_value,
    -- As delivered, so only where the unit is what the figure was delivered for.
    cast(case when figures = 1 then significant = 1 end as boolean) as is_significant,
    cast(null as varchar) as suppressed
from sums
