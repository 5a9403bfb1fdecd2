-- One row per pair of mappings, level, unit, respondent group, theme and item of the trend form.
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping_from as varchar) as mapping_from,
    cast(mapping_to as varchar) as mapping_to,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(respondent_group as varchar) as respondent_group,
    cast(theme as varchar) as theme,
    cast(item_id as varchar) as item_id,
    cast(n_from as bigint) as n_from,
    cast(n_to as bigint) as n_to,
    cast(n_least as bigint) as n_least,
    cast(raters_least as bigint) as raters_least,
    cast(contribution as double) as contribution,
    cast(delta as double) as delta,
    cast(residual as double) as residual,
    cast(null as varchar) as suppressed
from {{ ref('int_item_contributions') }}
