{#- holds: an expression is true in every row; a null is a failure too. -#}
{% test holds(model, expression, column_name=none) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
