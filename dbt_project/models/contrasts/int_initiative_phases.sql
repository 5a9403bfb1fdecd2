-- One row per initiative and phase: the pair of mappings from the one before its start to the start (`before`), from start to end
-- (`during`), and from the end to the next (`after`); a phase without a mapping has no row.
with periods as (
    select distinct
        initiatives.initiative,
        starts.position as first_position,
        ends.position as last_position
    from {{ source('raw', 'initiatives') }} as initiatives
    inner join {{ source('raw', 'mappings') }} as starts on initiatives.mapping_from = starts.mapping
    inner join {{ source('raw', 'mappings') }} as ends on initiatives.mapping_to = ends.mapping
)

select
    periods.initiative,
    earlier.mapping as mapping_from,
    later.mapping as mapping_to,
    case
        when later.position = periods.first_position then 'before'
        when earlier.position = periods.last_position then 'after'
        else 'during'
    end as phase
from periods
inner join {{ source('raw', 'mappings') }} as earlier
    on
        periods.first_position - 1 <= earlier.position
        and periods.last_position >= earlier.position
inner join {{ source('raw', 'mappings') }} as later
    on
        earlier.position < later.position
        and (
            (periods.first_position - 1 = earlier.position and periods.first_position = later.position)
            or (periods.first_position = earlier.position and periods.last_position = later.position)
            or (periods.last_position = earlier.position and periods.last_position + 1 = later.position)
        )
