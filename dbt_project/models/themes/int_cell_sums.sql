-- One row per cell, theme and form: sums over the respondents who have a score (method.md 1.3). All else adds these up.
{%- set slot_numbers = range(1, var('max_items') + 1) %}
with respondent_themes as (
    select
        cell_of.cell_key,
        slots.theme,
        forms.min_valid,
        forms.min_valid_trend,
        forms.has_trend,
        {%- for form, applies in [('full', 'true'), ('trend', 'slots.is_trend_')] %}
        {%- for slot in slot_numbers %}
        {%- set counts = 'answers.x' ~ slot ~ ' is not null' ~ (' and ' ~ applies ~ slot if form == 'trend' else '') %}
        case when {{ counts }} then 1 else 0 end{{ ' +' if not loop.last else ' as n_valid_' ~ form ~ ',' }}
        {%- endfor %}
        {%- for slot in slot_numbers %}
        {%- set counts = 'answers.x' ~ slot ~ ' is not null' ~ (' and ' ~ applies ~ slot if form == 'trend' else '') %}
        case when {{ counts }} then answers.x{{ slot }} else 0 end{{ ' +' if not loop.last else ' as sum_valid_' ~ form ~ ',' }}
        {%- endfor %}
        {%- set is_last_form = loop.last %}
        {%- for slot in slot_numbers %}
        {%- set good = 'answers.x' ~ slot ~ ' >= slots.favourable_from_' ~ slot %}
        {%- set counts = good ~ (' and ' ~ applies ~ slot if form == 'trend' else '') %}
        case when {{ counts }} then 1 else 0 end{{ ' +' if not loop.last else ' as n_favourable_' ~ form }}
        {%- endfor %}{{ ',' if not is_last_form }}
        {%- endfor %}
    from {{ ref('int_theme_answers') }} as answers
    inner join {{ ref('int_respondent_cells') }} as cell_of on answers.respondent_key = cell_of.respondent_key
    inner join {{ ref('int_theme_slots') }} as slots
        on
            answers.theme_key = slots.theme_key
            and cell_of.mapping = slots.mapping
    inner join {{ ref('int_theme_forms') }} as forms
        on {{ equal_columns('slots', 'forms', ['mapping', 'respondent_group', 'theme']) }}
),

scored as (
    select
        cell_key,
        theme,
        case when n_valid_full >= min_valid then cast(sum_valid_full as double) / n_valid_full end as score,
        case when n_valid_full >= min_valid then cast(n_favourable_full as double) / n_valid_full end as favourable,
        case
            when has_trend and n_valid_trend >= min_valid_trend then cast(sum_valid_trend as double) / n_valid_trend
        end as trend_score,
        case
            when has_trend and n_valid_trend >= min_valid_trend then cast(n_favourable_trend as double) / n_valid_trend
        end as trend_favourable
    from respondent_themes
),

summed as (
    select
        cell_key,
        theme,
        count(score) as n,
        sum({{ fixed('score') }}) as sum_score,
        sum({{ fixed('score * score') }}) as sum_score_squared,
        sum({{ fixed('favourable') }}) as sum_favourable,
        count(trend_score) as n_trend,
        sum({{ fixed('trend_score') }}) as sum_trend_score,
        sum({{ fixed('trend_score * trend_score') }}) as sum_trend_score_squared,
        sum({{ fixed('trend_favourable') }}) as sum_trend_favourable
    from scored
    group by cell_key, theme
)

select
    cell_key,
    theme,
    'full' as form,
    n,
    sum_score,
    sum_score_squared,
    sum_favourable
from summed
where n > 0

union all

select
    cell_key,
    theme,
    'trend' as form,
    n_trend as n,
    sum_trend_score as sum_score,
    sum_trend_score_squared as sum_score_squared,
    sum_trend_favourable as sum_favourable
from summed
where n_trend > 0
