-- One row per mapping, level, unit, cluster of a change, respondent group, theme and breakdown value: sums of scores on the trend
-- form. Where respondents are linked over rounds they are the clusters (method.md 5), else those of the levels.
{%- if var('respondents_linked') %}
{% for level, unit, cluster in levels() %}
    select
        cells.mapping,
        '{{ level }}' as level,
        {{ 'cells.' ~ unit if level != 'programme' else unit }} as unit_id,
        cells.respondent_id as cluster_id,
        cells.respondent_group,
        sums.theme,
        by_breakdown.breakdown,
        by_breakdown.breakdown_value,
        cast(sum(sums.n) as bigint) as n,
        sum(sums.sum_score) as sum_score
    from {{ ref('int_cell_sums') }} as sums
    inner join {{ ref('int_cells') }} as cells on sums.cell_key = cells.cell_key
    inner join {{ ref('int_cell_breakdowns') }} as by_breakdown on sums.cell_key = by_breakdown.cell_key
    where sums.form = 'trend' and by_breakdown.breakdown <> 'class'
    group by 1, 2, 3, 4, 5, 6, 7, 8
    {% if not loop.last %}union all{% endif %}
{% endfor %}
{%- else %}
{{ config(materialized='view') }}
select
    mapping,
    level,
    unit_id,
    cluster_id,
    respondent_group,
    theme,
    breakdown,
    breakdown_value,
    n,
    sum_score
from {{ ref('int_unit_clusters') }}
where form = 'trend'
{%- endif %}
