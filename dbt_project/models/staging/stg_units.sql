-- One row per level and unit that a change can be told of: the programme, its municipalities and its lineages of institutions.
select
    'programme' as level,
    '{{ var("programme") }}' as unit_id,
    cast(null as varchar) as municipality_id

union all

select
    'municipality' as level,
    municipality_id as unit_id,
    municipality_id
from {{ source('raw', 'municipalities') }}
{%- if var('institutions_stable') %}

union all

select
    'institution' as level,
    lineage_id as unit_id,
    min(municipality_id) as municipality_id
from {{ source('raw', 'lineage') }}
group by lineage_id
{%- endif %}
