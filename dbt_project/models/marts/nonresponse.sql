-- One row per mapping, level, unit, respondent group, breakdown (gender or grade) and value.
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping as varchar) as mapping,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(respondent_group as varchar) as respondent_group,
    cast(breakdown as varchar) as breakdown,
    cast(breakdown_value as varchar) as breakdown_value,
    cast(invited as bigint) as invited,
    cast(answered as bigint) as answered,
    cast(cast(answered as double) / invited as double) as rr2,
    cast(null as varchar) as suppressed
from {{ ref('int_nonresponse') }}
