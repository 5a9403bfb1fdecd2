-- One row per mapping, level, unit, respondent group, item and answer: the share who gave it.
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping as varchar) as mapping,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(respondent_group as varchar) as respondent_group,
    cast(theme as varchar) as theme,
    cast(item_id as varchar) as item_id,
    cast(answer as bigint) as answer,
    cast(n as bigint) as n,
    cast(share as double) as share,
    cast(null as varchar) as coded,
    cast(null as varchar) as suppressed
from {{ ref('int_item_distributions') }}
