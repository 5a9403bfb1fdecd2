-- One row per result as delivered, with the reason why it does not count; null: it counts.
-- Each file has been looked at by itself; these rules hold over all files, groups and mappings.
{%- set measurement = 'respondent_id, test, school_year, measurement' %}
with delivered as (
    select
        results.*,
        mappings.position as mapping_position,
        coalesce(results.score, results.step, results.percentile) is not null
        and (not results.is_figure or results.pupils >= 1) as is_result
    from {{ source('raw', 'results') }} as results
    inner join {{ source('raw', 'mappings') }} as mappings on results.mapping = mappings.mapping
),

-- Where several mappings deliver the same result the latest delivery holds.
newest as (
    select
        *,
        is_result
        and mapping_position = max(case when is_result then mapping_position end) over (partition by {{ measurement }})
            as is_newest
    from delivered
),

-- Of one mapping the same measurement at two schools is at neither; of the same one delivered twice the latest holds.
compared as (
    select
        *,
        min(institution_id) over (partition by {{ measurement }}, is_newest)
        <> max(institution_id) over (partition by {{ measurement }}, is_newest) as is_at_two_schools,
        row_number() over (
            partition by {{ measurement }}, is_newest
            order by submitted_on desc nulls last, respondent_key desc, respondent_group desc
        ) as place
    from newest
),

candidates as (
    select
        *,
        is_newest and not is_at_two_schools and place = 1 as is_candidate
    from compared
),

-- Days that do not follow the numbers of the measurements: nobody knows which is the first and which the last.
ordered as (
    select
        *,
        max(submitted_on) over (
            partition by respondent_id, test, school_year, is_candidate
            order by measurement
            rows between unbounded preceding and 1 preceding
        ) as latest_before
    from candidates
),

mixed as (
    select
        *,
        max(case when is_candidate and submitted_on < latest_before then 1 else 0 end) over (
            partition by respondent_id, test, school_year
        ) as is_mixed
    from ordered
)

select
    mapping,
    respondent_key,
    respondent_id,
    respondent_group,
    municipality_id,
    institution_id,
    class_id,
    grade,
    background,
    submitted_on,
    file_id,
    test,
    school_year,
    measurement,
    score,
    step,
    percentile,
    expected,
    is_significant,
    pupils,
    is_figure,
    case
        when not is_result then 'no_result'
        when not is_newest then 'replaced'
        when is_at_two_schools then 'two_schools'
        when place > 1 then 'replaced'
        when is_mixed = 1 then 'out_of_order'
    end as reason
from mixed
