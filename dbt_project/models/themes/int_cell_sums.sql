-- One row per cell, theme and form: sums over the respondents who have a score (method.md 1.3). All else adds these up.
with scored as (
    select
        cells.cell_key,
        answers.theme,
        case
            when answers.n_valid >= forms.min_valid then cast(answers.sum_valid as double) / answers.n_valid
        end as score,
        case
            when answers.n_valid >= forms.min_valid then cast(answers.n_favourable as double) / answers.n_valid
        end as favourable,
        case
            when forms.has_trend and answers.n_valid_trend >= forms.min_valid_trend
                then cast(answers.sum_valid_trend as double) / answers.n_valid_trend
        end as trend_score,
        case
            when forms.has_trend and answers.n_valid_trend >= forms.min_valid_trend
                then cast(answers.n_favourable_trend as double) / answers.n_valid_trend
        end as trend_favourable
    from {{ ref('int_theme_answers') }} as answers
    inner join {{ ref('int_theme_forms') }} as forms
        on
            answers.mapping = forms.mapping
            and answers.respondent_group = forms.respondent_group
            and answers.theme = forms.theme
    inner join {{ ref('int_respondent_cells') }} as cells on answers.respondent_key = cells.respondent_key
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
