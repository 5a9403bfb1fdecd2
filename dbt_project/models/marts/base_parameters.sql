-- One row per respondent group, theme and form.
select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(respondent_group as varchar) as respondent_group,
    cast(theme as varchar) as theme,
    cast(form as varchar) as form,
    cast(base_mapping as varchar) as base_mapping,
    cast(n as bigint) as n,
    cast(mu as double) as mu,
    cast(sigma as double) as sigma,
    cast(parameters_hash as varchar) as parameters_hash,
    cast(null as varchar) as suppressed
from {{ ref('int_base_parameters') }}
