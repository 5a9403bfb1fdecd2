-- One row per mapping, level above the school, unit, respondent group and theme: the level as it is, and as it were if everyone
-- invited had answered like those of the same municipality, gender and grade band who did (method.md 9, sensitivity).
{%- set stratum = ['mapping', 'respondent_group', 'municipality_id', 'gender', 'grade_band'] %}
{%- set key = ['mapping', 'level', 'unit_id', 'respondent_group', 'theme'] %}
with invited as (
    select
        mapping,
        respondent_group,
        municipality_id,
        coalesce(gender, '') as gender,
        coalesce({{ grade_band('grade') }}, '') as grade_band,
        count(*) as invited
    from {{ ref('stg_roster') }}
    group by 1, 2, 3, 4, 5
),

scored as (
    select
        cells.mapping,
        cells.respondent_group,
        cells.municipality_id,
        coalesce(cells.gender, '') as gender,
        coalesce(cells.grade_band, '') as grade_band,
        sums.theme,
        sum(sums.n) as n,
        cast(sum(sums.sum_score) as double) as sum_score
    from {{ ref('int_cell_sums') }} as sums
    inner join {{ ref('int_cells') }} as cells on sums.cell_key = cells.cell_key
    where sums.form = 'full'
    group by 1, 2, 3, 4, 5, 6
),

strata as (
    select
        {{ list_columns(stratum, 'scored') }},
        scored.theme,
        invited.invited,
        scored.sum_score / scored.n as mean_raw
    from scored
    inner join invited
        on {{ equal_columns('scored', 'invited', stratum) }}
),

covered as (
    {%- for level, unit, cluster in levels() if level != 'institution' %}
    select
        mapping,
        '{{ level }}' as level,
        {{ unit }} as unit_id,
        respondent_group,
        theme,
        sum(invited) as invited_covered,
        {{ exact_sum('invited * mean_raw') }} / sum(invited) as mean_raw
    from strata
    group by 1, 2, 3, 4, 5
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

everyone as (
    {%- for level, unit, cluster in levels() if level != 'institution' %}
    select
        mapping,
        '{{ level }}' as level,
        {{ unit }} as unit_id,
        respondent_group,
        sum(invited) as invited
    from invited
    group by 1, 2, 3, 4
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    {{ list_columns(key, 'levels') }},
    levels.n,
    levels.raters,
    everyone.invited,
    cast(covered.invited_covered as double) / everyone.invited as share_covered,
    levels.mean,
    levels.mean + 100 * (covered.mean_raw - levels.mean_raw) / levels.sigma as mean_weighted
from {{ ref('int_level_estimates') }} as levels
left join covered
    on {{ equal_columns('levels', 'covered', key) }}
left join everyone
    on {{ equal_columns('levels', 'everyone', ['mapping', 'level', 'unit_id', 'respondent_group']) }}
where levels.level <> 'institution' and levels.form = 'full' and levels.breakdown = 'all'
