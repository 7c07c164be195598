{#- How a change of genre is named (SPEC 5). search_behavior and customer360 both use them. -#}

{#- behavior_change(previous_genre, genre): a null genre means that nobody searched in that month. -#}
{% macro behavior_change(previous_genre, genre) -%}
    case
        when {{ previous_genre }} is null then 'New'
        when {{ genre }} is null then 'Lapsed'
        when {{ previous_genre }} = 'Unknown' or {{ genre }} = 'Unknown' then 'Unknown'
        when {{ previous_genre }} = {{ genre }} then 'Unchanged'
        else 'Changed'
    end
{%- endmacro %}

{#- explain_changed(behavior_change, previous_genre, genre): `Drama>C Drama`, or the same word. -#}
{% macro explain_changed(behavior_change, previous_genre, genre) -%}
    case
        when {{ behavior_change }} = 'Changed' then {{ previous_genre }} || '>' || {{ genre }}
        else {{ behavior_change }}
    end
{%- endmacro %}
