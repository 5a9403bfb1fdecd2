{#- The grain of an estimate, written once. -#}
{% macro estimate_key() -%}
    {{ return(
        ['mapping', 'level', 'unit_id', 'respondent_group', 'theme', 'form', 'breakdown', 'breakdown_value']
    ) }}
{%- endmacro %}

{#- The grain of a change: pairs of mappings, on the trend form. -#}
{% macro change_key() -%}
    {{ return([
        'mapping_from', 'mapping_to', 'level', 'unit_id', 'respondent_group', 'theme', 'breakdown', 'breakdown_value',
    ]) }}
{%- endmacro %}

{#- `alias.column, …` for a list of columns; without an alias the bare names. -#}
{% macro list_columns(columns, alias=none) -%}
    {%- for column in columns -%}
        {{ alias ~ '.' if alias else '' }}{{ column }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- `one.column = other.column and …` for a list of columns. -#}
{% macro equal_columns(one, other, columns) -%}
    {%- for column in columns -%}
        {{ one }}.{{ column }} = {{ other }}.{{ column }}{{ '\n            and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
