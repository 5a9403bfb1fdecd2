-- One row per initiative, respondent group, theme that it is meant for, and school: who takes part (method.md 7)?
-- A school is `with` when it or its municipality takes part, `other` when only another initiative on the theme has it, in
-- whatever period, and `without` otherwise: those who are compared have had no initiative on the theme at all.
with schools as (
    select distinct
        municipality_id,
        lineage_id
    from {{ ref('int_cells') }}
),

themes as (
    select distinct
        respondent_group,
        theme
    from {{ ref('int_theme_forms') }}
),

units as (
    select distinct
        initiatives.initiative,
        themes.respondent_group,
        themes.theme,
        initiatives.municipality_id,
        lineages.lineage_id
    from {{ source('raw', 'initiatives') }} as initiatives
    inner join themes
        on
            initiatives.theme = themes.theme
            and (initiatives.respondent_group = '' or initiatives.respondent_group = themes.respondent_group)
    left join {{ source('raw', 'lineage') }} as lineages on initiatives.institution_id = lineages.institution_id
),

taking_part as (
    select distinct
        units.initiative,
        units.respondent_group,
        units.theme,
        schools.municipality_id,
        schools.lineage_id
    from units
    inner join schools
        on
            units.municipality_id = schools.municipality_id
            and (units.lineage_id is null or units.lineage_id = schools.lineage_id)
),

initiatives as (
    select distinct
        initiative,
        respondent_group,
        theme
    from units
)

select
    initiatives.initiative,
    initiatives.respondent_group,
    initiatives.theme,
    schools.municipality_id,
    schools.lineage_id,
    case
        when max(case when taking_part.initiative = initiatives.initiative then 1 else 0 end) = 1 then 'with'
        when count(taking_part.initiative) > 0 then 'other'
        else 'without'
    end as part
from initiatives
cross join schools
left join taking_part
    on
        initiatives.respondent_group = taking_part.respondent_group
        and initiatives.theme = taking_part.theme
        and schools.municipality_id = taking_part.municipality_id
        and schools.lineage_id = taking_part.lineage_id
group by
    initiatives.initiative,
    initiatives.respondent_group,
    initiatives.theme,
    schools.municipality_id,
    schools.lineage_id
