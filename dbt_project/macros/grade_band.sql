{#- Grades to the bands that readers know: 0.–3., 4.–6. and 7.–10. klasse. -#}
{% macro grade_band(grade) -%}
    case
        when {{ grade }} between 0 and 3 then '0-3'
        when {{ grade }} between 4 and 6 then '4-6'
        when {{ grade }} between 7 and 10 then '7-10'
    end
{%- endmacro %}
