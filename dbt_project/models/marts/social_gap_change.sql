-- One row per pair of mappings, level, unit, respondent group that tells its background, and theme.
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
    cast(gap_from as double) as gap_from,
    cast(gap_to as double) as gap_to,
    cast(delta as double) as delta,
    cast(se as double) as se,
    cast(df as double) as df,
    cast(ci_low as double) as ci_low,
    cast(ci_high as double) as ci_high,
    cast(clusters as bigint) as clusters,
    cast(n_least as bigint) as n_least,
    cast(raters_least as bigint) as raters_least,
    cast(reason as varchar) as reason,
    cast(null as varchar) as suppressed
from {{ source('inference', 'social_gap_change') }}
