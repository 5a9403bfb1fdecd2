-- One row per mapping, level, unit, cluster, respondent group, theme, form and breakdown value: sums of scores.
{% for level, unit, cluster in levels() %}
    select
        cells.mapping,
        '{{ level }}' as level,
        {{ 'cells.' ~ unit if level != 'programme' else unit }} as unit_id,
        cells.{{ cluster }} as cluster_id,
        cells.respondent_group,
        sums.theme,
        sums.form,
        by_breakdown.breakdown,
        by_breakdown.breakdown_value,
        cast(sum(sums.n) as bigint) as n,
        sum(sums.sum_score) as sum_score,
        sum(sums.sum_score_squared) as sum_score_squared,
        sum(sums.sum_favourable) as sum_favourable
    from {{ ref('int_cell_sums') }} as sums
    inner join {{ ref('int_cells') }} as cells on sums.cell_key = cells.cell_key
    inner join {{ ref('int_cell_breakdowns') }} as by_breakdown on sums.cell_key = by_breakdown.cell_key
    where {{ broken_down_here(level) }}
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    {% if not loop.last %}union all{% endif %}
{% endfor %}
