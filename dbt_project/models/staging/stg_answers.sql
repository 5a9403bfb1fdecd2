-- One row per respondent and item answered with a declared code. A view: the answers themselves stay in raw Parquet.
{{ config(materialized='view') }}
select
    answers.respondent_key,
    codes.mapping,
    codes.respondent_group,
    codes.theme,
    codes.theme_key,
    codes.item_id,
    codes.slot,
    codes.kind,
    codes.answer,
    codes.score
from {{ source('raw', 'answers') }} as answers
inner join {{ ref('stg_codes') }} as codes
    on {{ equal_columns('answers', 'codes', ['mapping', 'respondent_group', 'variable', 'code']) }}
