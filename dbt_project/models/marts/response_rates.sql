-- One row per mapping, level, unit and respondent group: who was invited and what came of it (method.md 9).
with rates as (
    select
        responses.*,
        respondent_groups.kind,
        respondent_groups.roster,
        cast(responses.complete as double) / responses.invited as rr1,
        cast(responses.complete + responses.partial as double) / responses.invited as rr2
    from {{ ref('int_response_rates') }} as responses
    inner join {{ source('raw', 'respondent_groups') }} as respondent_groups
        on responses.respondent_group = respondent_groups.respondent_group
)

select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping as varchar) as mapping,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(respondent_group as varchar) as respondent_group,
    cast(invited as bigint) as invited,
    cast(complete as bigint) as complete,
    cast(partial as bigint) as partial,
    cast(break_off as bigint) as break_off,
    cast(refusal as bigint) as refusal,
    cast(not_answered as bigint) as not_answered,
    cast(other as bigint) as other,
    cast(rr1 as double) as rr1,
    cast(rr2 as double) as rr2,
    cast(
        case
            when roster = 'none' then 'no_roster'
            when invited is null or delivered > invited then 'error'
            when rr2 < case
                when kind = 'parent' then {{ var('low_response_parents') }}
                else {{ var('low_response') }}
            end then 'low'
        end as varchar
    ) as flag,
    cast(null as varchar) as suppressed
from rates
