with
contract_months as (
    select * from {{ ref('int_content__contract_months') }}
    where {{ of_stale_periods('month') }}
),

final as (
    select
        month,
        {{ exact_quantile('total_seconds', 0.25) }} as q1,
        {{ exact_quantile('total_seconds', 0.75) }} as q3
    from contract_months
    group by month
)

select * from final
