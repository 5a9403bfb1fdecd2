-- One row per cell: respondents of one mapping and group who are alike in everything that figures are broken down by.
select
    row_number() over (
        order by mapping, respondent_group, municipality_id, lineage_id, class_id, rater_id, gender, grade_band
    ) as cell_key,
    mapping,
    respondent_group,
    municipality_id,
    lineage_id,
    class_id,
    rater_id,
    gender,
    grade_band,
    -- Clusters of the levels above the school: its lineage, or the round's own school where ids are not stable.
    {% if var('institutions_stable') -%}
        lineage_id
    {%- else -%}
        mapping || '/' || lineage_id
    {%- endif %} as institution_cluster_id,
    -- Clusters of the school: pupils move on, so a class belongs to its round.
    mapping || '/' || class_id as class_cluster_id
from {{ ref('stg_respondents') }}
group by mapping, respondent_group, municipality_id, lineage_id, class_id, rater_id, gender, grade_band
