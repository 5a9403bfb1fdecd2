{#- The breakdowns of figures: name and the expression of its value, null where it does not apply. `background` feeds the
    social gap and is no breakdown of the marts. -#}
{% macro breakdowns() -%}
    {{ return([
        ('all', "'all'"),
        ('gender', 'cells.gender'),
        ('grade_band', 'cells.grade_band'),
        ('background', 'cells.background'),
        ('class', class_name()),
    ]) }}
{%- endmacro %}

{#- The class as its school's readers know it; of a lineage that has another number now, with the number. Ratings of a class are
    those of one or two persons and are not broken down so far. -#}
{% macro class_name() -%}
    case
        when respondent_groups.kind not in ('pupil', 'parent') then null
        when cells.institution_id = cells.lineage_id then cells.class_id
        else cells.institution_id || '/' || cells.class_id
    end
{%- endmacro %}

{#- The levels of a figure: name, the expression of the unit, and the expression of its clusters (method.md 2 and 5). -#}
{% macro levels() -%}
    {{ return([
        ('programme', "'" ~ var('programme') ~ "'", 'institution_cluster_id'),
        ('municipality', 'municipality_id', 'institution_cluster_id'),
        ('institution', 'lineage_id', 'class_cluster_id'),
    ]) }}
{%- endmacro %}

{#- Which breakdowns a level has: a class has its name from its school, and no change, for its pupils move on. -#}
{% macro broken_down_here(level) -%}
    (
        by_breakdown.breakdown <> 'class'
        {%- if level == 'institution' %} or sums.form = 'full'{% endif %}
    )
{%- endmacro %}
