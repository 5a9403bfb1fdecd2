-- One row per pair of mappings, level above the school, unit, respondent group and theme.
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping_from as varchar) as mapping_from,
    cast(mapping_to as varchar) as mapping_to,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(respondent_group as varchar) as respondent_group,
    cast(theme as varchar) as theme,
    cast(n_from as bigint) as n_from,
    cast(n_to as bigint) as n_to,
    cast(n_least as bigint) as n_least,
    cast(raters_least as bigint) as raters_least,
    cast(schools_both as bigint) as schools_both,
    cast(schools_opened as bigint) as schools_opened,
    cast(schools_closed as bigint) as schools_closed,
    cast(n_both_from as bigint) as n_both_from,
    cast(n_both_to as bigint) as n_both_to,
    cast(delta as double) as delta,
    cast(delta_both as double) as delta_both,
    cast(delta - delta_both as double) as composition,
    cast(null as varchar) as suppressed
from {{ ref('int_composition') }}
