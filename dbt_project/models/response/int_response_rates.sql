-- One row per mapping, level, unit and respondent group: persons invited by disposition, and those who answered uninvited.
{%- set key = ['mapping', 'level', 'unit_id', 'respondent_group'] %}
with dispositions as (
    {%- for level, unit, cluster in levels() %}
    select
        mapping,
        '{{ level }}' as level,
        {{ unit }} as unit_id,
        respondent_group,
        count(*) as invited,
        {%- for disposition in ['complete', 'partial', 'break_off', 'refusal', 'not_answered', 'other'] %}
        sum(case when disposition = '{{ disposition }}' then 1 else 0 end) as {{ disposition }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_dispositions') }}
    group by 1, 2, 3, 4
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

respondents as (
    {%- for level, unit, cluster in levels() %}
    select
        mapping,
        '{{ level }}' as level,
        {{ unit }} as unit_id,
        respondent_group,
        count(*) as delivered
    from {{ ref('stg_respondents') }}
    group by 1, 2, 3, 4
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    {{ list_columns(key, 'respondents') }},
    respondents.delivered,
    dispositions.invited,
    {%- for disposition in ['complete', 'partial', 'break_off', 'refusal', 'not_answered', 'other'] %}
    cast(dispositions.{{ disposition }} as bigint) as {{ disposition }}{{ ',' if not loop.last }}
    {%- endfor %}
from respondents
left join dispositions
    on {{ equal_columns('respondents', 'dispositions', key) }}

union all

-- Invited, and nothing came back: no gap in the table.
select
    {{ list_columns(key, 'dispositions') }},
    0 as delivered,
    dispositions.invited,
    {%- for disposition in ['complete', 'partial', 'break_off', 'refusal', 'not_answered', 'other'] %}
    cast(dispositions.{{ disposition }} as bigint) as {{ disposition }}{{ ',' if not loop.last }}
    {%- endfor %}
from dispositions
left join respondents
    on {{ equal_columns('dispositions', 'respondents', key) }}
where respondents.unit_id is null
