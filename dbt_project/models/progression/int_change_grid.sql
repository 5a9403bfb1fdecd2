-- One row per pair of mappings, level, unit, respondent group, theme and breakdown value that a change is asked about.
-- Without breakdown every unit has its row, data or not: what is missing is said, not left out.
{%- set key = change_key() %}
with asked as (
    select distinct
        pairs.mapping_from,
        pairs.mapping_to,
        forms.respondent_group,
        forms.theme
    from {{ ref('int_theme_forms') }} as forms
    inner join {{ ref('stg_mapping_pairs') }} as pairs
        on forms.mapping = pairs.mapping_from or forms.mapping = pairs.mapping_to
),

broken_down as (
    select distinct
        pairs.mapping_from,
        pairs.mapping_to,
        estimates.level,
        estimates.unit_id,
        estimates.respondent_group,
        estimates.theme,
        estimates.breakdown,
        estimates.breakdown_value
    from {{ ref('int_level_estimates') }} as estimates
    inner join {{ ref('stg_mapping_pairs') }} as pairs
        on estimates.mapping = pairs.mapping_from or estimates.mapping = pairs.mapping_to
    inner join {{ ref('stg_units') }} as units
        on {{ equal_columns('estimates', 'units', ['level', 'unit_id']) }}
    where estimates.breakdown in ('gender', 'grade_band')
)

select
    asked.mapping_from,
    asked.mapping_to,
    units.level,
    units.unit_id,
    asked.respondent_group,
    asked.theme,
    'all' as breakdown,
    'all' as breakdown_value
from asked
cross join {{ ref('stg_units') }} as units

union all

select
    {{ list_columns(key) }}
from broken_down
