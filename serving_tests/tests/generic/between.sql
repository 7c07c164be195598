{#- between(low, high): no value of the column is less than low or more than high. -#}
{% test between(model, column_name, low, high) %}
select {{ column_name }} as outside
from {{ model }}
where {{ column_name }} < {{ low }} or {{ column_name }} > {{ high }}
{% endtest %}
