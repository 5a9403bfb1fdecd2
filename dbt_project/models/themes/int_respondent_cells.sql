-- One row per respondent: the cell it belongs to.
select
    respondents.respondent_key,
    respondents.mapping,
    cells.cell_key
from {{ ref('stg_respondents') }} as respondents
inner join {{ ref('int_cells') }} as cells
    on
        respondents.mapping = cells.mapping
        and respondents.respondent_group = cells.respondent_group
        and respondents.municipality_id = cells.municipality_id
        and respondents.lineage_id = cells.lineage_id
        and coalesce(respondents.class_id, '') = coalesce(cells.class_id, '')
        and coalesce(respondents.rater_id, '') = coalesce(cells.rater_id, '')
        and coalesce(respondents.gender, '') = coalesce(cells.gender, '')
        and coalesce(respondents.grade_band, '') = coalesce(cells.grade_band, '')
