{#- The breakdowns of theme scores and progression: name and the expression of its value, null where it does not apply. -#}
{% macro breakdowns() -%}
    {{ return([('all', "'all'"), ('gender', 'gender'), ('grade_band', 'grade_band')]) }}
{%- endmacro %}

{#- The levels of a figure: name, the expression of the unit, and the expression of its clusters (method.md 2 and 5). -#}
{% macro levels() -%}
    {{ return([
        ('programme', "'" ~ var('programme') ~ "'", 'institution_cluster_id'),
        ('municipality', 'municipality_id', 'institution_cluster_id'),
        ('institution', 'lineage_id', 'class_cluster_id'),
    ]) }}
{%- endmacro %}
