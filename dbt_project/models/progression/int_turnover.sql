-- One row per pair of mappings, level, unit, respondent group and theme of linked respondents: the change among those who answered
-- both times, and what those who left or joined add to it (method.md 5, where it comes from). No rows where nobody is linked.
{%- set unit_key = ['level', 'unit_id', 'respondent_group', 'theme'] %}
{%- set key = ['mapping_from', 'mapping_to'] + unit_key %}
with changes as (
    select
        {{ list_columns(key) }},
        n_from,
        n_to,
        raters_from,
        raters_to,
        delta
    from {{ ref('int_change_estimates') }}
    where breakdown = 'all' and delta is not null and {{ 'true' if var('respondents_linked') else 'false' }}
),

persons as (
    select
        {{ list_columns(key, 'changes') }},
        clusters.cluster_id,
        max(case when clusters.mapping = changes.mapping_from then cast(clusters.sum_score as double) / clusters.n end) as score_from,
        max(case when clusters.mapping = changes.mapping_to then cast(clusters.sum_score as double) / clusters.n end) as score_to
    from changes
    inner join {{ ref('int_change_clusters') }} as clusters
        on
            {{ equal_columns('changes', 'clusters', unit_key) }}
            and (changes.mapping_from = clusters.mapping or changes.mapping_to = clusters.mapping)
    where clusters.breakdown = 'all'
    group by {{ list_columns(key, 'changes') }}, clusters.cluster_id
),

totals as (
    select
        {{ list_columns(key) }},
        count(case when score_from is not null and score_to is not null then 1 end) as n_stayers,
        count(case when score_to is null then 1 end) as n_leavers,
        count(case when score_from is null then 1 end) as n_joiners,
        {{ exact_sum('case when score_to is not null then score_from end') }} as stayers_from,
        {{ exact_sum('case when score_from is not null then score_to end') }} as stayers_to,
        {{ exact_sum('case when score_to is null then score_from end') }} as leavers_from,
        {{ exact_sum('case when score_from is null then score_to end') }} as joiners_to
    from persons
    group by {{ list_columns(key) }}
)

select
    {{ list_columns(key, 'totals') }},
    changes.n_from,
    changes.n_to,
    totals.n_stayers,
    totals.n_leavers,
    totals.n_joiners,
    least(
        changes.n_from,
        changes.n_to,
        nullif(totals.n_stayers, 0),
        nullif(totals.n_leavers, 0),
        nullif(totals.n_joiners, 0)
    ) as n_least,
    least(changes.raters_from, changes.raters_to) as raters_least,
    changes.delta,
    100 * (totals.stayers_to - totals.stayers_from) / nullif(totals.n_stayers, 0) / parameters.sigma as delta_stayers,
    -- Share of those who joined times how much higher they answer than those who stayed; nothing where nobody joined.
    case
        when totals.n_joiners = 0 then 0.0
        else
            100 * (totals.joiners_to - totals.stayers_to / nullif(totals.n_stayers, 0) * totals.n_joiners)
            / changes.n_to / parameters.sigma
    end as joiners,
    case
        when totals.n_leavers = 0 then 0.0
        else
            -100 * (totals.leavers_from - totals.stayers_from / nullif(totals.n_stayers, 0) * totals.n_leavers)
            / changes.n_from / parameters.sigma
    end as leavers
from totals
inner join changes
    on {{ equal_columns('totals', 'changes', key) }}
inner join {{ ref('int_base_parameters') }} as parameters
    on
        {{ equal_columns('totals', 'parameters', ['respondent_group', 'theme']) }}
        and parameters.form = 'trend'
