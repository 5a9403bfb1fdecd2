-- One row per target that is about tests, school year, level, unit, respondent group, test, grade and background.
with targets as (
    select
        target,
        indicator,
        municipality_id,
        test,
        subject,
        cast(grade as varchar) as grade,
        direction,
        school_year,
        is_national,
        cast(goal as double) as goal,
        direction in ('rises', 'falls') as is_change
    from {{ source('raw', 'targets') }}
    where theme = ''
),

results as (
    select
        academic.*,
        cast(cast(left(academic.school_year, 4) as integer) - 1 as varchar)
        || '/' || substr(academic.school_year, 3, 2) as year_before
    from {{ ref('academic_results') }} as academic
)

select
    targets.target,
    targets.indicator,
    targets.is_national,
    targets.direction,
    targets.is_change,
    targets.goal,
    now.school_year,
    now.level,
    now.unit_id,
    now.respondent_group,
    now.test as measure,
    now.grade,
    now.background,
    now.n_least as n,
    case when targets.is_change and now.series = earlier.series then earlier.school_year end as school_year_before,
    case when targets.is_change and now.series = earlier.series then earlier.n_least end as n_before,
    case targets.indicator
        when 'share_good' then now.share_good
        when 'share_best' then now.share_best
        when 'share_poor' then now.share_poor
        when 'mean_score' then now.mean_score
        when 'added_value' then now.added_value
    end as value,
    case
        when targets.is_change and now.series = earlier.series
            then case targets.indicator
                when 'share_good' then earlier.share_good
                when 'share_best' then earlier.share_best
                when 'share_poor' then earlier.share_poor
                when 'mean_score' then earlier.mean_score
                when 'added_value' then earlier.added_value
            end
    end as value_before,
    case when earlier.series <> now.series then 'series_break' else 'no_year_before' end as reason,
    '' as mapping,
    cast(null as varchar) as mapping_from
from targets
inner join results as now
    on
        (targets.test = '' or targets.test = now.test)
        and (targets.subject = '' or targets.subject = now.subject)
        and (targets.grade is null or targets.grade = now.grade)
        and (targets.school_year = '' or targets.school_year = now.school_year)
        -- Poor results are to fall whatever the social background; the other targets do not look at it.
        and (now.background = 'all' or targets.indicator = 'share_poor')
-- A municipality's own target is for the municipality and its schools.
inner join {{ ref('stg_units') }} as units
    on
        now.level = units.level
        and now.unit_id = units.unit_id
        and (targets.municipality_id = '' or targets.municipality_id = units.municipality_id)
left join results as earlier
    on
        now.year_before = earlier.school_year
        and now.level = earlier.level
        and now.unit_id = earlier.unit_id
        and now.respondent_group = earlier.respondent_group
        and now.test = earlier.test
        and now.grade = earlier.grade
        and now.background = earlier.background
