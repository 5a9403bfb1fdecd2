-- One row per person invited, by mapping and respondent group: from roster files, or from the extract where it lists everyone.
select
    roster.mapping,
    roster.respondent_group,
    roster.respondent_id,
    roster.municipality_id,
    roster.grade,
    roster.gender,
    coalesce(lineages.lineage_id, roster.institution_id) as lineage_id
from {{ source('raw', 'roster') }} as roster
left join {{ source('raw', 'lineage') }} as lineages on roster.institution_id = lineages.institution_id

union all

select
    respondents.mapping,
    respondents.respondent_group,
    respondents.respondent_id,
    respondents.municipality_id,
    respondents.grade,
    respondents.gender,
    respondents.lineage_id
from {{ ref('stg_respondents') }} as respondents
inner join {{ source('raw', 'respondent_groups') }} as respondent_groups
    on respondents.respondent_group = respondent_groups.respondent_group
where respondent_groups.roster = 'extract'
