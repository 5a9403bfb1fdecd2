-- One row per mapping, respondent group and theme: does the theme hold together (method.md 3)?
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping as varchar) as mapping,
    cast(respondent_group as varchar) as respondent_group,
    cast(theme as varchar) as theme,
    cast(items as bigint) as items,
    cast(n as bigint) as n,
    cast(alpha as double) as alpha,
    cast(omega as double) as omega,
    cast(min_item_total as double) as min_item_total,
    cast(verdict as varchar) as verdict,
    cast(null as varchar) as suppressed
from {{ source('inference', 'reliability') }}
