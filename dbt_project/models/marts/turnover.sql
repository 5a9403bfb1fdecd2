-- One row per pair of mappings, level, unit, respondent group and theme of linked respondents.
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
    cast(n_stayers as bigint) as n_stayers,
    cast(n_leavers as bigint) as n_leavers,
    cast(n_joiners as bigint) as n_joiners,
    cast(n_least as bigint) as n_least,
    cast(raters_least as bigint) as raters_least,
    cast(delta as double) as delta,
    cast(delta_stayers as double) as delta_stayers,
    cast(joiners as double) as joiners,
    cast(leavers as double) as leavers,
    cast(null as varchar) as suppressed
from {{ ref('int_turnover') }}
