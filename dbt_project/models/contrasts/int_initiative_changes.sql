-- One row per initiative, respondent group, theme and phase: change among schools with and without it, the difference between the
-- two and its variance, both in one design (method.md 7).
{%- set what = ['initiative', 'respondent_group', 'theme'] %}
{%- set key = what + ['phase'] %}
with grid as (
    select
        {{ list_columns(['initiative', 'respondent_group', 'theme'], 'asked') }},
        phases.phase,
        phases.mapping_from,
        phases.mapping_to,
        coalesce(forms_from.has_trend and forms_to.has_trend, false) as is_comparable,
        forms_from.mapping is not null as is_asked_from,
        forms_to.mapping is not null as is_asked_to
    from (select distinct {{ what | join(', ') }} from {{ ref('int_initiative_schools') }}) as asked
    inner join {{ ref('int_initiative_phases') }} as phases on asked.initiative = phases.initiative
    left join {{ ref('int_theme_forms') }} as forms_from
        on
            phases.mapping_from = forms_from.mapping
            and {{ equal_columns('asked', 'forms_from', ['respondent_group', 'theme']) }}
    left join {{ ref('int_theme_forms') }} as forms_to
        on
            phases.mapping_to = forms_to.mapping
            and {{ equal_columns('asked', 'forms_to', ['respondent_group', 'theme']) }}
),

cells_in_phase as (
    select
        {{ list_columns(key, 'grid') }},
        schools.part,
        cells.mapping = grid.mapping_to as is_later,
        {{ 'cells.respondent_id' if var('respondents_linked') else 'cells.institution_cluster_id' }} as cluster_id,
        cells.lineage_id,
        cells.rater_id,
        sums.n,
        sums.sum_score
    from grid
    inner join {{ ref('int_initiative_schools') }} as schools
        on {{ equal_columns('grid', 'schools', what) }}
    inner join {{ ref('int_cells') }} as cells
        on
            {{ equal_columns('schools', 'cells', ['respondent_group', 'municipality_id', 'lineage_id']) }}
            and (grid.mapping_from = cells.mapping or grid.mapping_to = cells.mapping)
    inner join {{ ref('int_cell_sums') }} as sums
        on
            cells.cell_key = sums.cell_key
            and grid.theme = sums.theme
            and sums.form = 'trend'
),

all_arms as (
    select
        {{ list_columns(key, 'cells') }},
        cells.part,
        cells.is_later,
        parameters.sigma,
        parameters.mu,
        cast(sum(cells.n) as bigint) as n,
        count(distinct cells.cluster_id) as clusters,
        count(distinct cells.lineage_id) as schools,
        count(distinct cells.rater_id) as raters,
        cast(sum(cells.sum_score) as double) / sum(cells.n) as mean_raw
    from cells_in_phase as cells
    inner join {{ ref('int_base_parameters') }} as parameters
        on
            {{ equal_columns('cells', 'parameters', ['respondent_group', 'theme']) }}
            and parameters.form = 'trend'
    group by {{ list_columns(key, 'cells') }}, cells.part, cells.is_later, parameters.sigma, parameters.mu
),

arms as (
    select
        {{ list_columns(key) }},
        part,
        is_later,
        case when (part = 'with') = is_later then 1 else -1 end as sign,
        n,
        nullif(raters, 0) as raters,
        clusters,
        schools,
        true as is_clustered,
        500 + 100 * (mean_raw - mu) / nullif(sigma, 0) as mean,
        mean_raw,
        -- Schools are the clusters: nobody stands for himself.
        cast(null as double) as sd,
        nullif(sigma, 0) as sigma
    from all_arms
    where part in ('with', 'without')
),

parts as (
    select
        {{ list_columns(key, 'arms') }},
        cells.cluster_id,
        arms.sign,
        sum(cells.n) as n,
        sum(cells.sum_score) as sum_score,
        arms.mean_raw,
        arms.n as n_arm,
        arms.sigma
    from arms
    inner join cells_in_phase as cells
        on {{ equal_columns('arms', 'cells', key + ['part', 'is_later']) }}
    group by {{ list_columns(key, 'arms') }}, cells.cluster_id, arms.sign, arms.mean_raw, arms.n, arms.sigma
),

{{ contrasts(key) }},

sides as (
    select
        {{ list_columns(key) }}
        {%- for part in ['with', 'without'] %}
        {%- for side, later in [('from', 'not is_later'), ('to', 'is_later')] %},
        max(case when part = '{{ part }}' and {{ later }} then n end) as n_{{ part }}_{{ side }},
        max(case when part = '{{ part }}' and {{ later }} then schools end) as schools_{{ part }}_{{ side }},
        max(case when part = '{{ part }}' and {{ later }} then mean end) as mean_{{ part }}_{{ side }}
        {%- endfor %}
        {%- endfor %}
    from arms
    group by {{ list_columns(key) }}
),

-- Schools of another initiative are the difference of figures that are shown: they need the disclosure rule as much.
others as (
    select
        {{ list_columns(key) }},
        min(n) as n_least
    from all_arms
    where part = 'other'
    group by {{ list_columns(key) }}
)

select
    {{ list_columns(key, 'grid') }},
    grid.mapping_from,
    grid.mapping_to,
    grid.is_comparable,
    grid.is_asked_from,
    grid.is_asked_to,
    {%- for part in ['with', 'without'] %}
    {%- for side in ['from', 'to'] %}
    sides.n_{{ part }}_{{ side }},
    sides.schools_{{ part }}_{{ side }},
    {%- endfor %}
    sides.mean_{{ part }}_to - sides.mean_{{ part }}_from as delta_{{ part }},
    {%- endfor %}
    contrasts.raters_least,
    contrasts.is_clustered,
    contrasts.clusters_least,
    contrasts.clusters,
    least(contrasts.n_least, coalesce(others.n_least, contrasts.n_least)) as n_least,
    case when contrasts.arms = 4 then contrasts.estimate end as estimate,
    case when contrasts.arms = 4 then contrasts.variance end as variance,
    case when contrasts.arms = 4 then contrasts.df end as df,
    contrasts.effective_clusters
from grid
left join sides
    on {{ equal_columns('grid', 'sides', key) }}
left join contrasts
    on {{ equal_columns('grid', 'contrasts', key) }}
left join others
    on {{ equal_columns('grid', 'others', key) }}
