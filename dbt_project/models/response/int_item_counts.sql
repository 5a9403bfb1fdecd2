-- One row per mapping, institution, respondent group, item and answer: how many gave it.
-- From the answers that stand side by side already: the answers themselves are read once in a run, not twice.
{%- set place = ['mapping', 'respondent_group', 'municipality_id', 'lineage_id'] %}
{%- set slot_numbers = range(1, var('max_items') + 1) %}
-- One cell of a school and round stands for all of them: a whole number groups millions of answers faster than four names.
with schools as (
    select
        cell_key,
        {{ list_columns(place) }},
        min(cell_key) over (partition by {{ place | join(', ') }}) as school_key
    from {{ ref('int_cells') }}
),

placed as (
    select
        schools.school_key,
        answers.theme_key,
        {%- for slot in slot_numbers %}
        answers.x{{ slot }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_theme_answers') }} as answers
    inner join {{ ref('int_respondent_cells') }} as cell_of on answers.respondent_key = cell_of.respondent_key
    inner join schools on cell_of.cell_key = schools.cell_key
),

counted as (
    {%- for slot in slot_numbers %}
    select
        school_key,
        theme_key,
        {{ slot }} as slot,
        x{{ slot }} as score,
        count(*) as n
    from placed
    where x{{ slot }} is not null
    group by school_key, theme_key, x{{ slot }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    schools.mapping,
    schools.respondent_group,
    schools.municipality_id,
    schools.lineage_id,
    items.theme,
    items.item_id,
    -- As the question was worded; what is scored is turned for an item of direction −1, or was delivered so.
    cast(
        case
            when items.is_negative or items.already_reversed then items.value_min + items.value_max - counted.score
            else counted.score
        end as smallint
    ) as answer,
    cast(counted.n as bigint) as n
from counted
inner join schools on counted.school_key = schools.cell_key
inner join {{ ref('stg_items_asked') }} as items
    on
        schools.mapping = items.mapping
        and counted.theme_key = items.theme_key
        and counted.slot = items.slot
