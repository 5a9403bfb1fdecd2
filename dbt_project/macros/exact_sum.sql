{#- A sum that does not depend on the order of the rows: fractions are fixed to 18 decimals before they are added, so that
    threads and file order cannot move the last digit. For values below 1e19. -#}
{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(38, 18))) as double)
{%- endmacro %}

{#- The same for sums that are added up again later: stays decimal. -#}
{% macro fixed(expression) -%}
    cast({{ expression }} as decimal(38, 12))
{%- endmacro %}
