-- One row per mapping, level, unit, respondent group, breakdown (gender, grade) and value: persons invited and who of them
-- answered (method.md 9).
with dispositions as (
    select
        mapping,
        respondent_group,
        municipality_id,
        lineage_id,
        gender,
        cast(grade as varchar) as grade,
        case when disposition in ('complete', 'partial') then 1 else 0 end as is_answered
    from {{ ref('int_dispositions') }}
)

{% for level, unit, cluster in levels() %}
{%- set outer_last = loop.last %}
{%- for breakdown in ['gender', 'grade'] %}
select
    mapping,
    '{{ level }}' as level,
    {{ unit }} as unit_id,
    respondent_group,
    '{{ breakdown }}' as breakdown,
    {{ breakdown }} as breakdown_value,
    count(*) as invited,
    sum(is_answered) as answered
from dispositions
where {{ breakdown }} is not null
group by 1, 2, 3, 4, 5, 6
{% if not (loop.last and outer_last) %}union all{% endif %}
{%- endfor %}
{%- endfor %}
