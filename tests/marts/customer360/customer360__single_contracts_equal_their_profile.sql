-- A customer with one contract is that contract: the labels come from one set of rules.
with
customer_months as (
    select * from {{ ref('customer360_monthly') }}
    where {{ of_untested_periods('month', 'customer360_monthly') }}
),

customers as (select * from {{ ref('customer360') }}),

customer_identifiers as (select * from {{ ref('customer_identifiers') }}),

content_profiles as (
    select * from {{ ref('content_profiles') }}
    where {{ of_untested_periods('month', 'content_profiles') }}
),

final as (
    select
        customer_months.customer_id,
        customer_months.month
    from customer_months
    inner join customers
        on customer_months.customer_id = customers.customer_id
        and customers.contracts = 1
    inner join customer_identifiers
        on customers.customer_id = customer_identifiers.customer_id
        and customer_identifiers.identifier_type = 'contract'
    inner join content_profiles
        on customer_identifiers.identifier = content_profiles.contract
        and customer_months.month = content_profiles.month
    where
        {%- for content_type in content_types() %}
        customer_months.{{ content_type }}_seconds
        is distinct from content_profiles.{{ content_type }}_seconds or
        {%- endfor %}
        {%- for column in [
            'total_seconds', 'most_watch', 'taste', 'iqr_type', 'activeness', 'active',
            'clinginess', 'devices',
        ] %}
        customer_months.{{ column }} is distinct from content_profiles.{{ column }} or
        {%- endfor %}
        false
)

select * from final
