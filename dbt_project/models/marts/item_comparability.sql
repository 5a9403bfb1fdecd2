-- One row per mapping, respondent group and item asked.
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping as varchar) as mapping,
    cast(respondent_group as varchar) as respondent_group,
    cast(theme as varchar) as theme,
    cast(item_id as varchar) as item_id,
    cast(mapping_from as varchar) as mapping_from,
    cast(comparability as varchar) as comparability,
    cast(is_trend as boolean) as is_trend,
    cast(n_from as bigint) as n_from,
    cast(n as bigint) as n,
    cast(shift as double) as shift,
    cast(theme_shift as double) as theme_shift,
    cast(drift as double) as drift,
    cast(abs(drift) > {{ var("drift_limit") }} as boolean) as is_flagged,
    cast(null as varchar) as suppressed
from {{ ref('int_item_drift') }}
