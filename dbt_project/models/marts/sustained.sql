-- One row per level, unit, respondent group and theme.
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(respondent_group as varchar) as respondent_group,
    cast(theme as varchar) as theme,
    cast(mapping_first as varchar) as mapping_first,
    cast(mapping_second as varchar) as mapping_second,
    cast(mapping_third as varchar) as mapping_third,
    cast(n_least as bigint) as n_least,
    cast(raters_least as bigint) as raters_least,
    cast(status as varchar) as status,
    cast(null as varchar) as suppressed
from {{ source('inference', 'sustained') }}
