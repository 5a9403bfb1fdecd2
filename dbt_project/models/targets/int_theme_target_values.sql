-- One row per target that is about a theme, mapping, level, unit and respondent group.
with targets as (
    select
        target,
        indicator,
        municipality_id,
        respondent_group,
        theme,
        direction,
        school_year,
        is_national,
        cast(goal as double) as goal,
        direction in ('rises', 'falls') as is_change
    from {{ source('raw', 'targets') }}
    where theme <> ''
),

neighbours as (
    select
        later.mapping,
        later.school_year,
        earlier.mapping as mapping_from
    from {{ source('raw', 'mappings') }} as later
    left join {{ source('raw', 'mappings') }} as earlier on later.position = earlier.position + 1
),

-- A change stands on the questions that both mappings have, a level on all of the mapping's.
figures as (
    select
        'theme' as indicator,
        true as is_change,
        mapping_from,
        mapping_to as mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n_to as n,
        n_from as n_before,
        mean_to as value,
        case when delta is not null then mean_from end as value_before
    from {{ source('inference', 'progression') }}
    where breakdown = 'all' and n_to is not null

    union all

    select
        'social_gap' as indicator,
        true as is_change,
        mapping_from,
        mapping_to as mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n_least as n,
        n_least as n_before,
        gap_to as value,
        case when delta is not null then gap_from end as value_before
    from {{ source('inference', 'social_gap_change') }}

    union all

    select
        'theme' as indicator,
        false as is_change,
        cast(null as varchar) as mapping_from,
        mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n,
        cast(null as bigint) as n_before,
        mean as value,
        cast(null as double) as value_before
    from {{ source('inference', 'theme_scores') }}
    where form = 'full' and breakdown = 'all'

    union all

    select
        'social_gap' as indicator,
        false as is_change,
        cast(null as varchar) as mapping_from,
        mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n_least as n,
        cast(null as bigint) as n_before,
        gap as value,
        cast(null as double) as value_before
    from {{ source('inference', 'social_gap') }}
)

select
    targets.target,
    targets.indicator,
    targets.is_national,
    targets.direction,
    targets.is_change,
    targets.goal,
    neighbours.school_year,
    figures.level,
    figures.unit_id,
    figures.respondent_group,
    figures.theme as measure,
    'all' as grade,
    'all' as background,
    figures.n,
    figures.n_before,
    figures.value,
    figures.value_before,
    'no_common_form' as reason,
    figures.mapping,
    figures.mapping_from
from targets
inner join figures
    on
        targets.indicator = figures.indicator
        and targets.is_change = figures.is_change
        and targets.theme = figures.theme
        and (targets.respondent_group = '' or targets.respondent_group = figures.respondent_group)
inner join neighbours
    on
        figures.mapping = neighbours.mapping
        and (not figures.is_change or figures.mapping_from = neighbours.mapping_from)
        and (targets.school_year = '' or targets.school_year = neighbours.school_year)
-- A municipality's own target is for the municipality and its schools.
inner join {{ ref('stg_units') }} as units
    on
        figures.level = units.level
        and figures.unit_id = units.unit_id
        and (targets.municipality_id = '' or targets.municipality_id = units.municipality_id)
where figures.value is not null
