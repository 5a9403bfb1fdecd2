-- One row per target that is about a theme, mapping, level, unit and respondent group: of every mapping in which the unit has
-- answers on the theme, or had them in the mapping before that a change is held against.
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

-- On all of the mapping's questions.
levels as (
    select
        'theme' as indicator,
        mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n,
        mean as value,
        case when mean is null then 'no_scale' end as reason
    from {{ source('inference', 'theme_scores') }}
    where form = 'full' and breakdown = 'all'

    union all

    select
        'social_gap' as indicator,
        mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n_least as n,
        gap as value,
        reason
    from {{ source('inference', 'social_gap') }}
    where n is not null
),

-- On the questions that both mappings have.
changes as (
    select
        'theme' as indicator,
        mapping_from,
        mapping_to as mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n_answered_from,
        n_to as n,
        n_from as n_before,
        mean_to as value,
        mean_from as value_before,
        delta,
        reason
    from {{ source('inference', 'progression') }}
    where breakdown = 'all'

    union all

    select
        'social_gap' as indicator,
        mapping_from,
        mapping_to as mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n_answered_from,
        n_least as n,
        n_least as n_before,
        gap_to as value,
        gap_from as value_before,
        delta,
        reason
    from {{ source('inference', 'social_gap_change') }}
),

-- What cannot be compared has the mapping's own figure, and the reason; the first mapping has none before it.
figures as (
    select
        indicator,
        false as is_change,
        cast(null as varchar) as mapping_from,
        mapping,
        level,
        unit_id,
        respondent_group,
        theme,
        n,
        cast(null as bigint) as n_before,
        value,
        cast(null as double) as value_before,
        reason
    from levels

    union all

    select
        levels.indicator,
        true as is_change,
        cast(null as varchar) as mapping_from,
        levels.mapping,
        levels.level,
        levels.unit_id,
        levels.respondent_group,
        levels.theme,
        levels.n,
        cast(null as bigint) as n_before,
        levels.value,
        cast(null as double) as value_before,
        'no_mapping_before' as reason
    from levels
    inner join neighbours on levels.mapping = neighbours.mapping and neighbours.mapping_from is null

    union all

    select
        changes.indicator,
        true as is_change,
        changes.mapping_from,
        changes.mapping,
        changes.level,
        changes.unit_id,
        changes.respondent_group,
        changes.theme,
        case when changes.delta is null then levels.n else changes.n end as n,
        case when changes.delta is not null then changes.n_before end as n_before,
        case when changes.delta is null then levels.value else changes.value end as value,
        case when changes.delta is not null then changes.value_before end as value_before,
        changes.reason
    from changes
    left join levels
        on {{ equal_columns('changes', 'levels', ['indicator', 'mapping', 'level', 'unit_id', 'respondent_group', 'theme']) }}
    where levels.n is not null or changes.n_answered_from is not null
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
    figures.reason,
    figures.mapping,
    figures.mapping_from,
    cast(null as varchar) as school_year_before
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
        and (figures.mapping_from is null or figures.mapping_from = neighbours.mapping_from)
        and (targets.school_year = '' or targets.school_year = neighbours.school_year)
-- A municipality's own target is for the municipality and its schools.
inner join {{ ref('stg_units') }} as units
    on
        figures.level = units.level
        and figures.unit_id = units.unit_id
        and (targets.municipality_id = '' or targets.municipality_id = units.municipality_id)
