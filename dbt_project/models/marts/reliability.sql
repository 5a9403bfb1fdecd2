-- One row per mapping, respondent group and theme: does the theme hold together (method.md 3)?
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(reliability.mapping as varchar) as mapping,
    cast(reliability.respondent_group as varchar) as respondent_group,
    cast(reliability.theme as varchar) as theme,
    cast(reliability.items as bigint) as items,
    cast(reliability.n as bigint) as n,
    cast(reliability.alpha as double) as alpha,
    cast(reliability.omega as double) as omega,
    cast(reliability.min_item_total as double) as min_item_total,
    cast(intra_class.icc_school as double) as icc_school,
    cast(intra_class.icc_municipality as double) as icc_municipality,
    cast(reliability.verdict as varchar) as verdict,
    cast(null as varchar) as suppressed
from {{ source('inference', 'reliability') }} as reliability
left join {{ ref('int_intra_class') }} as intra_class
    on {{ equal_columns('reliability', 'intra_class', ['mapping', 'respondent_group', 'theme']) }}
