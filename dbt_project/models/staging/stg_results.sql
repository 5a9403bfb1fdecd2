-- One row per result that counts: a pupil's of one measurement of a test in a school year, or a figure of a school.
with placed as (
    select *
    from {{ ref('stg_results_placed') }}
    where reason is null
)

select
    placed.respondent_key,
    placed.respondent_id,
    placed.respondent_group,
    placed.municipality_id,
    placed.class_id,
    placed.grade,
    placed.background,
    placed.submitted_on,
    placed.file_id,
    placed.test,
    placed.school_year,
    placed.measurement,
    placed.score,
    placed.step,
    placed.percentile,
    placed.expected,
    placed.is_significant,
    placed.is_figure,
    tests.kind,
    tests.subject,
    tests.series,
    cast(tests.reliability as double) as reliability,
    cast(case when placed.is_figure then placed.pupils else 1 end as bigint) as n,
    coalesce(lineages.lineage_id, placed.institution_id) as lineage_id
from placed
inner join {{ source('raw', 'tests') }} as tests
    on
        placed.test = tests.test
        and placed.school_year >= tests.from_year
        and (tests.to_year = '' or placed.school_year < tests.to_year)
left join {{ source('raw', 'lineage') }} as lineages on placed.institution_id = lineages.institution_id
