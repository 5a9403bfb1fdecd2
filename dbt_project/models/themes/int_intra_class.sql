-- One row per mapping, respondent group and theme: intra-class correlation by school and by municipality (method.md 3), one-way
-- analysis of variance of the full form; null with fewer than two units or nobody to differ within them.
with units as (
    {%- for level, name in [('programme', 'cluster_id'), ('municipality', 'unit_id')] %}
    select
        '{{ 'school' if level == 'programme' else 'municipality' }}' as kind,
        mapping,
        respondent_group,
        theme,
        {{ name }} as unit,
        cast(sum(n) as double) as n,
        cast(sum(sum_score) as double) as total,
        cast(sum(sum_score_squared) as double) as total_squared
    from {{ ref('int_unit_clusters') }}
    where level = '{{ level }}' and form = 'full' and breakdown = 'all'
    group by 2, 3, 4, 5
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

sums as (
    select
        kind,
        mapping,
        respondent_group,
        theme,
        count(*) as k,
        sum(n) as n,
        {{ exact_sum('n * n') }} as n_squared,
        {{ exact_sum('total') }} as total,
        {{ exact_sum('total_squared') }} as total_squared,
        {{ exact_sum('total * total / n') }} as between_squared
    from units
    group by kind, mapping, respondent_group, theme
),

squares as (
    select
        kind,
        mapping,
        respondent_group,
        theme,
        case when k > 1 then (between_squared - total * total / n) / (k - 1) end as between_units,
        case when n > k then greatest(total_squared - between_squared, 0.0) / (n - k) end as within_units,
        case when k > 1 then (n - n_squared / n) / (k - 1) end as size
    from sums
),

coefficients as (
    select
        kind,
        mapping,
        respondent_group,
        theme,
        (between_units - within_units) / nullif(between_units + (size - 1) * within_units, 0) as icc
    from squares
)

select
    mapping,
    respondent_group,
    theme,
    max(case when kind = 'school' then icc end) as icc_school,
    max(case when kind = 'municipality' then icc end) as icc_municipality
from coefficients
group by mapping, respondent_group, theme
