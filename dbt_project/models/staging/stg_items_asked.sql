-- One row per mapping, respondent group and item asked.
with scale_ranges as (
    select
        scale,
        min(value) as value_min,
        max(value) as value_max,
        count(distinct value) as n_values
    from {{ source('raw', 'scales') }}
    where kind = 'valid'
    group by scale
),

slots as (
    select
        respondent_group,
        item_id,
        theme,
        direction,
        -- A number for the theme: a whole number groups millions of answers faster than two names.
        dense_rank() over (order by respondent_group, theme) as theme_key,
        row_number() over (partition by respondent_group, theme order by position, item_id) as slot
    from {{ source('raw', 'items') }}
)

select
    codebook.mapping,
    mappings.position as mapping_position,
    codebook.respondent_group,
    slots.theme,
    slots.theme_key,
    codebook.item_id,
    codebook.variable,
    codebook.scale,
    codebook.comparability,
    scale_ranges.value_min,
    scale_ranges.value_max,
    slots.slot,
    slots.direction = -1 as is_negative,
    codebook.already_reversed,
    slots.direction = -1 and not codebook.already_reversed as needs_reversal,
    case
        when scale_ranges.n_values <= 3 then scale_ranges.value_max
        else scale_ranges.value_max - 1
    end as favourable_from
from {{ source('raw', 'codebook') }} as codebook
inner join slots
    on
        codebook.respondent_group = slots.respondent_group
        and codebook.item_id = slots.item_id
inner join scale_ranges on codebook.scale = scale_ranges.scale
inner join {{ source('raw', 'mappings') }} as mappings on codebook.mapping = mappings.mapping
where codebook.variable <> ''
