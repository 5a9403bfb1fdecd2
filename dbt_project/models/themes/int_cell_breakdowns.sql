-- One row per cell and breakdown that applies to it: the value that its figures go under.
{% for name, expression in breakdowns() %}
    select
        cells.cell_key,
        '{{ name }}' as breakdown,
        {{ expression }} as breakdown_value
    from {{ ref('int_cells') }} as cells
    inner join {{ source('raw', 'respondent_groups') }} as respondent_groups
        on cells.respondent_group = respondent_groups.respondent_group
    where {{ expression }} is not null
    {% if not loop.last %}union all{% endif %}
{% endfor %}
