{#- A table in one statement. The adapter's own way builds it under another name and swaps two names, so that readers of a
    live table notice nothing; a candidate's database has no readers, and the swap takes longer than most models. -#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') -%}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
