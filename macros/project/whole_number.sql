{#- whole_number(column): a text as bigint when it is a whole number, else null (SPEC 3).
    Casting alone will not do: engines make 13 or null of '12.7'. White space around the number does
    not count; numbers too large for a bigint become its largest value. -#}
{% macro whole_number(column) -%}
    {%- set trimmed = trim_whitespace(column) -%}
    case
        when cast(try_cast({{ column }} as bigint) as string) = {{ column }}
            then try_cast({{ column }} as bigint)
        when {{ regex_match(trimmed, '^[+-]?[0-9]+$') }}
            then coalesce(
                try_cast(replace({{ trimmed }}, '+', '') as bigint),
                case when {{ trimmed }} like '-%' then -1 else 9223372036854775807 end
            )
    end
{%- endmacro %}
