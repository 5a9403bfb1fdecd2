-- One row per mapping, level, unit, respondent group, item and answer that the item's scale allows: share and base.
{%- set key = ['mapping', 'level', 'unit_id', 'respondent_group', 'theme', 'item_id'] %}
with by_level as (
    {%- for level, unit, cluster in levels() %}
    select
        mapping,
        '{{ level }}' as level,
        {{ unit }} as unit_id,
        respondent_group,
        theme,
        item_id,
        answer,
        cast(sum(n) as bigint) as n_answer
    from {{ ref('int_item_counts') }}
    group by 1, 2, 3, 4, 5, 6, 7
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

bases as (
    select
        {{ list_columns(key) }},
        cast(sum(n_answer) as bigint) as n
    from by_level
    group by {{ list_columns(key) }}
),

-- An answer that nobody gave is a share of zero, not a missing row.
possible as (
    select distinct
        items.mapping,
        items.respondent_group,
        items.item_id,
        scales.value as answer
    from {{ ref('stg_items_asked') }} as items
    inner join {{ source('raw', 'scales') }} as scales on items.scale = scales.scale
    where scales.kind = 'valid'
)

select
    {{ list_columns(key, 'bases') }},
    possible.answer,
    bases.n,
    cast(coalesce(by_level.n_answer, 0) as double) / bases.n as share
from bases
inner join possible
    on {{ equal_columns('bases', 'possible', ['mapping', 'respondent_group', 'item_id']) }}
left join by_level
    on
        {{ equal_columns('bases', 'by_level', key) }}
        and possible.answer = by_level.answer
