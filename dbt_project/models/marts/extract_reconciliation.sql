-- One row per delivered file: every row of it is in exactly one place, counted where it ended.
with placed as (
    select
        file_id,
        case reason
            when 'replaced' then 'superseded'
            when 'two_schools' then 'set_aside'
            when 'out_of_order' then 'set_aside'
        end as place
    from {{ ref('stg_results_placed') }}
),

scored as (
    select
        respondents.file_id,
        count(distinct respondents.respondent_key) as rows_scored
    from {{ ref('stg_respondents') }} as respondents
    inner join {{ ref('int_theme_answers') }} as answers on respondents.respondent_key = answers.respondent_key
    group by respondents.file_id

    union all

    select
        file_id,
        count(*) as rows_scored
    from {{ ref('stg_results') }}
    group by file_id
),

kept as (
    select
        file_id,
        'answers' as content,
        count(*) as rows_kept
    from {{ ref('stg_respondents') }}
    group by file_id

    union all

    select
        file_id,
        'roster' as content,
        count(*) as rows_kept
    from {{ source('raw', 'roster') }}
    group by file_id

    union all

    select
        file_id,
        'results' as content,
        count(*) as rows_kept
    from placed
    where place is null
    group by file_id
),

set_aside as (
    select
        file_id,
        content,
        place
    from {{ source('raw', 'set_aside') }}

    union all

    select
        file_id,
        'results' as content,
        place
    from placed
    where place is not null
),

removed as (
    select
        file_id,
        content,
        sum(case when place = 'superseded' then 1 else 0 end) as rows_superseded,
        sum(case when place = 'set_aside' then 1 else 0 end) as rows_set_aside
    from set_aside
    group by file_id, content
),

counted as (
    select
        deliveries.mapping,
        deliveries.respondent_group,
        deliveries.content,
        deliveries.file,
        deliveries.file_id,
        deliveries.rows_read,
        case when deliveries.content <> 'roster' then coalesce(scored.rows_scored, 0) else 0 end as rows_scored,
        coalesce(kept.rows_kept, 0) as rows_kept,
        coalesce(removed.rows_superseded, 0) as rows_superseded,
        coalesce(removed.rows_set_aside, 0) as rows_set_aside
    from {{ source('raw', 'deliveries') }} as deliveries
    left join kept on deliveries.file_id = kept.file_id and deliveries.content = kept.content
    left join removed on deliveries.file_id = removed.file_id and deliveries.content = removed.content
    left join scored on deliveries.file_id = scored.file_id
)

select
    cast('{{ var("programme") }}' as varchar) as programme,
    cast(mapping as varchar) as mapping,
    cast(respondent_group as varchar) as respondent_group,
    cast(content as varchar) as content,
    cast(file as varchar) as file,
    cast(file_id as varchar) as file_id,
    cast(rows_read as bigint) as rows_read,
    cast(rows_scored as bigint) as rows_scored,
    cast(rows_kept - rows_scored as bigint) as rows_not_scored,
    cast(rows_superseded as bigint) as rows_superseded,
    cast(rows_set_aside as bigint) as rows_set_aside,
    cast(rows_read - rows_kept - rows_superseded - rows_set_aside as bigint) as difference,
    cast(null as varchar) as suppressed
from counted
