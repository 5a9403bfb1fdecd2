-- One row per mapping, respondent group, theme and pair of item slots: sums over the respondents who answered all items
-- asked (method.md 3, complete cases). Whole numbers, so exact.
{%- set slots = range(1, var('max_items') + 1) %}
with complete as (
    select answers.*
    from {{ ref('int_theme_answers') }} as answers
    inner join {{ ref('int_theme_forms') }} as forms
        on {{ equal_columns('answers', 'forms', ['mapping', 'respondent_group', 'theme']) }}
    where answers.n_valid = forms.n_items
),

products as (
    select
        mapping,
        respondent_group,
        theme,
        count(*) as n
        {%- for i in slots %},
        sum(x{{ i }}) as sum_{{ i }}
        {%- for j in slots if j >= i %},
        sum(x{{ i }} * x{{ j }}) as sum_{{ i }}_{{ j }}
        {%- endfor %}
        {%- endfor %}
    from complete
    group by mapping, respondent_group, theme
)

{% for i in slots %}
{%- for j in slots if j >= i %}
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
