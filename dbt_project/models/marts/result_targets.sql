-- One row per school year, mapping, level, unit, target, respondent group, measure, grade and background (method.md 8).
{%- set figure = [
    'target', 'indicator', 'is_national', 'direction', 'is_change', 'goal', 'school_year', 'school_year_before', 'mapping',
    'mapping_from', 'level', 'unit_id', 'respondent_group', 'measure', 'grade', 'background', 'n', 'n_before', 'value',
    'value_before', 'reason',
] %}
with figures as (
    select
        {{ list_columns(figure) }}
    from {{ ref('int_test_target_values') }}
    where value is not null

    union all

    select
        {{ list_columns(figure) }}
    from {{ ref('int_theme_target_values') }}
),

-- A goal of 80 % is met by four of five, however the share is rounded.
judged as (
    select
        *,
        case
            when value is null or (is_change and value_before is null) then 'not_comparable'
            when
                case direction
                    when 'at_least' then round(value - goal, 9) >= 0
                    when 'at_most' then round(value - goal, 9) <= 0
                    when 'rises' then round(value - value_before, 9) > 0
                    when 'falls' then round(value - value_before, 9) < 0
                end
                then 'met'
            else 'not_met'
        end as status
    from figures
)

select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(school_year as varchar) as school_year,
    cast(mapping as varchar) as mapping,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(target as varchar) as target,
    cast(respondent_group as varchar) as respondent_group,
    cast(measure as varchar) as measure,
    cast(grade as varchar) as grade,
    cast(background as varchar) as background,
    cast(mapping_from as varchar) as mapping_from,
    cast(school_year_before as varchar) as school_year_before,
    cast(indicator as varchar) as indicator,
    cast(is_national as boolean) as is_national,
    cast(direction as varchar) as direction,
    cast(goal as double) as goal,
    cast(n as bigint) as n,
    cast(n_before as bigint) as n_before,
    cast(value as double) as value,
    cast(value_before as double) as value_before,
    cast(status as varchar) as status,
    cast(case when status = 'not_comparable' then reason end as varchar) as reason,
    cast(null as varchar) as suppressed
from judged
