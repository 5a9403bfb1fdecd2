-- One row per person invited, by mapping and respondent group: what became of the invitation (method.md 9, AAPOR).
with items_asked as (
    select
        mapping,
        respondent_group,
        count(*) as n_items
    from {{ ref('stg_items_asked') }}
    group by mapping, respondent_group
),

answered as (
    select
        respondent_key,
        sum(n_answered) as n_answered
    from {{ ref('int_theme_answers') }}
    group by respondent_key
),

responses as (
    select
        respondents.mapping,
        respondents.respondent_group,
        respondents.respondent_id,
        respondents.status,
        cast(coalesce(answered.n_answered, 0) as double) / items_asked.n_items as share_answered
    from {{ ref('stg_respondents') }} as respondents
    inner join items_asked
        on {{ equal_columns('respondents', 'items_asked', ['mapping', 'respondent_group']) }}
    left join answered on respondents.respondent_key = answered.respondent_key
)

select
    roster.mapping,
    roster.respondent_group,
    roster.municipality_id,
    roster.lineage_id,
    roster.grade,
    roster.gender,
    case
        when responses.share_answered >= {{ var('complete_share') }} then 'complete'
        when responses.share_answered >= {{ var('partial_share') }} then 'partial'
        when responses.share_answered > 0 then 'break_off'
        when responses.status = 'refused' then 'refusal'
        when responses.status = 'other' then 'other'
        else 'not_answered'
    end as disposition
from {{ ref('stg_roster') }} as roster
left join responses
    on {{ equal_columns('roster', 'responses', ['mapping', 'respondent_group', 'respondent_id']) }}
