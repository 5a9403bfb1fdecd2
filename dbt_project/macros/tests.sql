{#- The columns together name a row: no key twice, no part of it empty. Gives the keys that break it. -#}
{% test key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %} or {{ column }} is null {% endfor %}
{% endtest %}

{#- Every value lies between the bounds; null is left to not_null. -#}
{% test within(model, column_name, at_least=none, at_most=none) %}
select *
from {{ model }}
where
    {{ column_name }} is not null
    and (
        false
        {%- if at_least is not none %} or {{ column_name }} < {{ at_least }}{% endif %}
        {%- if at_most is not none %} or {{ column_name }} > {{ at_most }}{% endif %}
    )
{% endtest %}

{#- Every person invited has exactly one disposition. -#}
{% test dispositions_add_up(model) %}
select mapping, level, unit_id, respondent_group
from {{ model }}
where invited <> complete + partial + break_off + refusal + not_answered + other
{% endtest %}

{#- The shares of an item's answers add up to one. -#}
{% test shares_add_up(model) %}
select mapping, level, unit_id, respondent_group, item_id
from {{ model }}
group by mapping, level, unit_id, respondent_group, item_id
having abs(sum(share) - 1) > 0.000000001
{% endtest %}

{#- More answers than invitations: a roster that is not the one the answers were given under. Looked for before disclosure
    control, which would hide it in small units. -#}
{% test no_more_answers_than_invited(model) %}
select mapping, level, unit_id, respondent_group
from {{ model }}
where flag = 'error'
{% endtest %}

{#- dbt's own would give the empty column alone, of which nobody can tell which row it is. -#}
{% macro default__test_not_null(model, column_name) %}
select *
from {{ model }}
where {{ column_name }} is null
{% endmacro %}
