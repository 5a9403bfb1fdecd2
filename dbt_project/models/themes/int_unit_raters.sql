-- One row per mapping, level, unit, respondent group, theme, form and breakdown value of a group that is rated: its raters.
{% for level, unit, cluster in levels() %}
    select
        cells.mapping,
        '{{ level }}' as level,
        {{ 'cells.' ~ unit if level != 'programme' else unit }} as unit_id,
        cells.respondent_group,
        sums.theme,
        sums.form,
        by_breakdown.breakdown,
        by_breakdown.breakdown_value,
        count(distinct cells.rater_id) as raters
    from {{ ref('int_cell_sums') }} as sums
    inner join {{ ref('int_cells') }} as cells on sums.cell_key = cells.cell_key
    inner join {{ ref('int_cell_breakdowns') }} as by_breakdown on sums.cell_key = by_breakdown.cell_key
    where cells.rater_id is not null and {{ broken_down_here(level) }}
    group by 1, 2, 3, 4, 5, 6, 7, 8
    {% if not loop.last %}union all{% endif %}
{% endfor %}
