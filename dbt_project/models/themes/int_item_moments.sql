-- One row per mapping, respondent group, theme and pair of item slots: sums over the respondents who answered all items
-- asked (method.md 3, complete cases). Whole numbers, so exact.
{%- set slot_numbers = range(1, var('max_items') + 1) %}
with complete as (
    select
        slots.mapping,
        slots.respondent_group,
        slots.theme,
        {%- for slot in slot_numbers %}
        answers.x{{ slot }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_theme_answers') }} as answers
    inner join {{ ref('int_respondent_cells') }} as cell_of on answers.respondent_key = cell_of.respondent_key
    inner join {{ ref('int_theme_slots') }} as slots
        on
            answers.theme_key = slots.theme_key
            and cell_of.mapping = slots.mapping
    where
        {%- for slot in slot_numbers %}
        (slots.favourable_from_{{ slot }} is null or answers.x{{ slot }} is not null){{ ' and' if not loop.last }}
        {%- endfor %}
),

products as (
    select
        mapping,
        respondent_group,
        theme,
        count(*) as n
        {%- for i in slot_numbers %},
        sum(x{{ i }}) as sum_{{ i }}
        {%- for j in slot_numbers if j >= i %},
        sum(cast(x{{ i }} as integer) * x{{ j }}) as sum_{{ i }}_{{ j }}
        {%- endfor %}
        {%- endfor %}
    from complete
    group by mapping, respondent_group, theme
)

{% for i in slot_numbers %}
{%- for j in slot_numbers if j >= i %}
    select
        mapping,
        respondent_group,
        theme,
        {{ i }} as slot,
        {{ j }} as other_slot,
        cast(n as bigint) as n,
        cast(sum_{{ i }} as bigint) as sum_item,
        cast(sum_{{ j }} as bigint) as sum_other,
        cast(sum_{{ i }}_{{ j }} as bigint) as sum_product
    from products
    where sum_{{ i }}_{{ j }} is not null
    {% if not (loop.last and i == var('max_items')) %}union all{% endif %}
{%- endfor %}
{%- endfor %}
