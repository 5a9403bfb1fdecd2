-- One row per accepted record of an answers extract.
select
    respondents.respondent_key,
    respondents.respondent_id,
    respondents.rater_id,
    respondents.mapping,
    respondents.respondent_group,
    respondents.municipality_id,
    respondents.institution_id,
    respondents.class_id,
    respondents.grade,
    respondents.gender,
    respondents.background,
    respondents.status,
    respondents.submitted_on,
    respondents.file_id,
    coalesce(lineages.lineage_id, respondents.institution_id) as lineage_id,
    {{ grade_band('respondents.grade') }} as grade_band
from {{ source('raw', 'respondents') }} as respondents
left join {{ source('raw', 'lineage') }} as lineages on respondents.institution_id = lineages.institution_id
