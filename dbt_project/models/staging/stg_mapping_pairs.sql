-- One row per pair of mappings, the earlier first.
select
    earlier.mapping as mapping_from,
    later.mapping as mapping_to
from {{ source('raw', 'mappings') }} as earlier
inner join {{ source('raw', 'mappings') }} as later on earlier.position < later.position
