{#- holds: an expression is true in every row; a null is a failure too. -#}
{% test holds(model, column_name, expression) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
