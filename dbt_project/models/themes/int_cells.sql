-- One row per cell: respondents of one mapping and group who are alike in everything that figures are broken down by.
{%- set alike = ['municipality_id', 'lineage_id', 'institution_id', 'class_id', 'rater_id'] %}
{%- set alike = alike + ['gender', 'grade_band', 'background'] %}
{%- if var('respondents_linked') %}{% do alike.append('respondent_id') %}{% endif %}
select
    row_number() over (order by mapping, respondent_group, {{ alike | join(', ') }}) as cell_key,
    mapping,
    respondent_group,
    {{ list_columns(alike) }},
    -- Clusters of the levels above the school: its lineage, or the round's own school where ids are not stable.
    {% if var('institutions_stable') -%}
        lineage_id
    {%- else -%}
        mapping || '/' || lineage_id
    {%- endif %} as institution_cluster_id,
    -- Clusters of the school: pupils move on, so a class belongs to its round; two schools of a lineage have classes of one name.
    mapping || '/' || institution_id || '/' || class_id as class_cluster_id
from {{ ref('stg_respondents') }}
group by mapping, respondent_group, {{ alike | join(', ') }}
