-- One row per pupil, test and school year with two or more measurements: from the first to the last (method.md 8).
with measured as (
    select
        *,
        row_number() over (
            partition by respondent_group, respondent_id, test, school_year order by measurement
        ) as place_from_first,
        row_number() over (
            partition by respondent_group, respondent_id, test, school_year order by measurement desc
        ) as place_from_last
    from {{ ref('stg_results') }}
    where kind = 'measurement' and score is not null and not is_figure
),

-- A pupil belongs to a unit that had the pupil at every measurement.
pupils as (
    select
        respondent_group,
        respondent_id,
        test,
        school_year,
        max(subject) as subject,
        max(reliability) as reliability,
        count(*) as measurements,
        max(case when place_from_last = 1 then grade end) as grade,
        max(case when place_from_first = 1 then score end) as score_first,
        max(case when place_from_last = 1 then score end) as score_last,
        case when min(municipality_id) = max(municipality_id) then max(municipality_id) end as municipality_id,
        case when min(lineage_id) = max(lineage_id) then max(lineage_id) end as lineage_id,
        max(case when place_from_last = 1 then lineage_id end) as lineage_id_last,
        case
            when
                min(lineage_id) = max(lineage_id)
                and min(class_id) = max(class_id)
                and count(class_id) = count(*)
                then max(class_id)
        end as class_id
    from measured
    group by respondent_group, respondent_id, test, school_year
    having count(*) > 1
),

-- The spread of the first measurement among all pupils of the grade: what an error of measurement is held against.
spreads as (
    select
        respondent_group,
        test,
        school_year,
        grade,
        sqrt(
            {{ squared_deviations(exact_sum('score_first * score_first'), exact_sum('score_first'), 'count(*)') }}
            / nullif(count(*) - 1, 0)
        ) as sd_first
    from pupils
    group by respondent_group, test, school_year, grade
)

select
    pupils.respondent_group,
    pupils.respondent_id,
    pupils.test,
    pupils.subject,
    pupils.school_year,
    pupils.grade,
    pupils.municipality_id,
    pupils.lineage_id,
    pupils.lineage_id_last,
    pupils.class_id,
    pupils.measurements,
    pupils.score_first,
    pupils.score_last,
    pupils.score_last - pupils.score_first as gain,
    (pupils.score_last - pupils.score_first) / nullif(spreads.sd_first, 0) as gain_standardised,
    spreads.sd_first * sqrt(1 - pupils.reliability) as sem,
    (pupils.score_last - pupils.score_first)
    / nullif(sqrt(2) * spreads.sd_first * sqrt(1 - pupils.reliability), 0) as rci
from pupils
inner join spreads
    on
        pupils.respondent_group = spreads.respondent_group
        and pupils.test = spreads.test
        and pupils.school_year = spreads.school_year
        and pupils.grade is not distinct from spreads.grade
