-- One row per respondent group, theme and form: mean and SD of the base round, on which the 500 scale stands (method.md 1.5).
with sums_by_mapping as (
    select
        cells.mapping,
        cells.respondent_group,
        sums.theme,
        sums.form,
        sum(sums.n) as n,
        cast(sum(sums.sum_score) as double) as sum_score,
        cast(sum(sums.sum_score_squared) as double) as sum_score_squared
    from {{ ref('int_cell_sums') }} as sums
    inner join {{ ref('int_cells') }} as cells on sums.cell_key = cells.cell_key
    group by cells.mapping, cells.respondent_group, sums.theme, sums.form
),

-- The base mapping, or the first that has answers where the theme was not asked then or nobody of the group answered.
ranked as (
    select
        sums.*,
        row_number() over (
            partition by sums.respondent_group, sums.theme, sums.form
            order by case when mappings.is_base then 0 else 1 end, mappings.position
        ) as place
    from sums_by_mapping as sums
    inner join {{ source('raw', 'mappings') }} as mappings on sums.mapping = mappings.mapping
),

parameters as (
    select
        mapping,
        respondent_group,
        theme,
        form,
        cast(n as bigint) as n,
        sum_score / n as mu,
        case
            when n > 1 then sqrt({{ squared_deviations('sum_score_squared', 'sum_score', 'n') }} / (n - 1))
        end as sigma
    from ranked
    where place = 1
)

select
    mapping as base_mapping,
    respondent_group,
    theme,
    form,
    n,
    mu,
    sigma,
    md5(
        mapping || '/' || respondent_group || '/' || theme || '/' || form || '/'
        || cast(n as varchar) || '/' || cast(cast(mu as decimal(38, 10)) as varchar) || '/'
        || coalesce(cast(cast(sigma as decimal(38, 10)) as varchar), '')
    ) as parameters_hash
from parameters
