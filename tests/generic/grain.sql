{#- grain: the columns name one row each: no two rows share them and none of them is null.
    nullable: allow nulls in the columns (a null counts as a value of its own). -#}
{% test grain(model, columns, nullable=false) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- if not nullable %}
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
    {%- endif %}
{% endtest %}
