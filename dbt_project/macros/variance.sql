{#- Sum of squared deviations from sums: what is left of rounding when all values are equal is zero, not a tiny spread that
    would make every difference certain. -#}
{% macro squared_deviations(sum_squared, total, n) -%}
    case
        when {{ sum_squared }} - {{ total }} * {{ total }} / {{ n }} > 0.00000000001 * {{ sum_squared }}
            then {{ sum_squared }} - {{ total }} * {{ total }} / {{ n }}
        else 0.0
    end
{%- endmacro %}
