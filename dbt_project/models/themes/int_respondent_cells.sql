-- One row per respondent: the cell it belongs to.
{%- set may_be_empty = ['class_id', 'rater_id', 'gender', 'grade_band', 'background'] %}
select
    respondents.respondent_key,
    respondents.mapping,
    cells.cell_key
from {{ ref('stg_respondents') }} as respondents
inner join {{ ref('int_cells') }} as cells
    on
        {{ equal_columns(
            'respondents', 'cells', ['mapping', 'respondent_group', 'municipality_id', 'lineage_id', 'institution_id']
        ) }}
        {%- for column in may_be_empty %}
        and coalesce(respondents.{{ column }}, '') = coalesce(cells.{{ column }}, '')
        {%- endfor %}
        {%- if var('respondents_linked') %}
        and respondents.respondent_id = cells.respondent_id
        {%- endif %}
