-- One row per level and unit that a change can be told of: the programme, its municipalities, and the lineages of institutions
-- that took part at least once. Of the others nothing was delivered: `status` tells who is missing.
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
    lineages.lineage_id as unit_id,
    min(lineages.municipality_id) as municipality_id
from {{ source('raw', 'lineage') }} as lineages
where
    lineages.lineage_id in (
        select lineage_id from {{ ref('stg_respondents') }}
        union distinct
        select lineage_id from {{ ref('stg_roster') }}
        union distinct
        select lineage_id from {{ ref('stg_results') }}
    )
group by lineages.lineage_id
{%- endif %}
