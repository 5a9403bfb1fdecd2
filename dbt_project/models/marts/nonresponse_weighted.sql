-- One row per mapping, level above the school, unit, respondent group and theme.
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping as varchar) as mapping,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(respondent_group as varchar) as respondent_group,
    cast(theme as varchar) as theme,
    cast(n as bigint) as n,
    cast(raters as bigint) as raters,
    cast(invited as bigint) as invited,
    cast(share_covered as double) as share_covered,
    cast(mean as double) as mean,
    cast(mean_weighted as double) as mean_weighted,
    cast(mean_weighted - mean as double) as difference,
    cast(null as varchar) as suppressed
from {{ ref('int_weighted_levels') }}
