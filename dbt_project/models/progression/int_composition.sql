-- One row per pair of mappings, level above the school, unit, respondent group and theme: the change among schools of both
-- rounds, and what schools that came or went add to it (method.md 5, where it comes from).
{%- set key = ['mapping_from', 'mapping_to', 'level', 'unit_id', 'respondent_group', 'theme'] %}
{%- set unit_key = ['level', 'unit_id', 'respondent_group', 'theme'] %}
with schools as (
    select
        {{ list_columns(unit_key) }},
        mapping,
        cluster_id,
        n,
        cast(sum_score as double) as total
    from {{ ref('int_unit_clusters') }}
    where level <> 'institution' and form = 'trend' and breakdown = 'all'
),

changes as (
    select
        {{ list_columns(key) }},
        n_from,
        n_to,
        raters_from,
        raters_to,
        delta
    from {{ ref('int_change_estimates') }}
    where level <> 'institution' and breakdown = 'all' and delta is not null
),

both_sides as (
    select
        {{ list_columns(key, 'changes') }},
        schools.cluster_id,
        max(case when schools.mapping = changes.mapping_from then schools.n end) as n_from,
        max(case when schools.mapping = changes.mapping_to then schools.n end) as n_to,
        max(case when schools.mapping = changes.mapping_from then schools.total end) as total_from,
        max(case when schools.mapping = changes.mapping_to then schools.total end) as total_to
    from changes
    inner join schools
        on
            {{ equal_columns('changes', 'schools', unit_key) }}
            and (changes.mapping_from = schools.mapping or changes.mapping_to = schools.mapping)
    group by {{ list_columns(key, 'changes') }}, schools.cluster_id
),

totals as (
    select
        {{ list_columns(key) }},
        sum(case when n_from is not null and n_to is not null then 1 else 0 end) as schools_both,
        sum(case when n_from is null then 1 else 0 end) as schools_opened,
        sum(case when n_to is null then 1 else 0 end) as schools_closed,
        sum(case when n_to is not null then n_from else 0 end) as n_both_from,
        sum(case when n_from is not null then n_to else 0 end) as n_both_to,
        {{ exact_sum('case when n_to is not null then total_from end') }} as total_from,
        {{ exact_sum('case when n_from is not null then total_to end') }} as total_to
    from both_sides
    group by {{ list_columns(key) }}
)

select
    {{ list_columns(key, 'totals') }},
    changes.n_from,
    changes.n_to,
    totals.schools_both,
    totals.schools_opened,
    totals.schools_closed,
    totals.n_both_from,
    totals.n_both_to,
    least(
        changes.n_from,
        changes.n_to,
        -- Those left out are the difference of two figures that are shown: they need the rule as much.
        coalesce(nullif(totals.n_both_from, 0), changes.n_from),
        coalesce(nullif(totals.n_both_to, 0), changes.n_to),
        coalesce(nullif(changes.n_from - totals.n_both_from, 0), changes.n_from),
        coalesce(nullif(changes.n_to - totals.n_both_to, 0), changes.n_to)
    ) as n_least,
    least(changes.raters_from, changes.raters_to) as raters_least,
    changes.delta,
    100 * (totals.total_to / nullif(totals.n_both_to, 0) - totals.total_from / nullif(totals.n_both_from, 0))
    / parameters.sigma as delta_both
from totals
inner join changes
    on {{ equal_columns('totals', 'changes', key) }}
inner join {{ ref('int_base_parameters') }} as parameters
    on
        {{ equal_columns('totals', 'parameters', ['respondent_group', 'theme']) }}
        and parameters.form = 'trend'
