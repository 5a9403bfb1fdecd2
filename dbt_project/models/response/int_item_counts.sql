-- One row per mapping, institution, respondent group, item and answer: how many gave it.
with counted as (
    select
        answers.mapping,
        answers.respondent_group,
        answers.theme,
        answers.item_id,
        answers.answer,
        cell_of.cell_key,
        count(*) as n
    from {{ ref('stg_answers') }} as answers
    inner join {{ ref('int_respondent_cells') }} as cell_of on answers.respondent_key = cell_of.respondent_key
    where answers.kind = 'valid'
    group by
        answers.mapping,
        answers.respondent_group,
        answers.theme,
        answers.item_id,
        answers.answer,
        cell_of.cell_key
)

select
    counted.mapping,
    counted.respondent_group,
    cells.municipality_id,
    cells.lineage_id,
    counted.theme,
    counted.item_id,
    counted.answer,
    cast(sum(counted.n) as bigint) as n
from counted
inner join {{ ref('int_cells') }} as cells on counted.cell_key = cells.cell_key
group by
    counted.mapping,
    counted.respondent_group,
    cells.municipality_id,
    cells.lineage_id,
    counted.theme,
    counted.item_id,
    counted.answer
