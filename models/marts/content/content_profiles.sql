with
contract_months as (
    select * from {{ ref('int_content__contract_months') }}
    where {{ of_stale_periods('month') }}
),

quartiles as (
    select * from {{ ref('int_content__quartiles') }}
    where {{ of_stale_periods('month') }}
),

compared as (
    select
        contract_months.*,
        {{ iqr_type('contract_months.total_seconds', 'quartiles.q1', 'quartiles.q3') }} as iqr_type
    from contract_months
    inner join quartiles on contract_months.month = quartiles.month
),

final as (
    select
        contract,
        month,
        {%- for content_type in content_types() %}
        {{ content_type }}_seconds,
        {%- endfor %}
        total_seconds,
        most_watch,
        taste,
        iqr_type,
        activeness,
        {{ active('activeness') }} as active,
        {{ clinginess('iqr_type', 'activeness') }} as clinginess,
        devices
    from compared
)

select * from final
