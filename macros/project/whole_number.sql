{#- whole_number(column): a text as bigint when it is a whole number, else null (SPEC 3).
    Casting alone will not do: engines make 13 or null of '12.7'. Numbers too large for a bigint
    become its largest value. -#}
{% macro whole_number(column) -%}
    case
        when cast(try_cast({{ column }} as bigint) as string) = {{ column }}
            then try_cast({{ column }} as bigint)
        when {{ regex_match(column, '^[+-]?[0-9]+$') }}
            then coalesce(
                try_cast(replace({{ column }}, '+', '') as bigint),
                case when {{ column }} like '-%' then -1 else 9223372036854775807 end
            )
    end
{%- endmacro %}
