{#- is_plain_record(record, app): whether a content record as logged breaks no rule, as far as a look at
    it tells: nearly all do not, and looking costs half of what the rules do. A contract of capitals
    and then digits is no IP address and needs no trimming; so many digits are whole seconds.
    record: relation of raw rows.  app: relation of seed app_types, joined by the name as logged. -#}
{% macro is_plain_record(record, app) -%}
    {%- set longest = var('max_record_seconds') | string -%}
    (
        {{ app }}.content_type is not null
        and {{ regex_match(record ~ '.contract', '^[A-Z]+[0-9]+$') }}
        and {{ record }}.contract not in ({{ quoted_list(var('identifier_placeholders') | map('upper') | list) }})
        and {{ regex_match(record ~ '.total_duration', '^[0-9]{1,' ~ longest | length ~ '}$') }}
        and (
            length({{ record }}.total_duration) < {{ longest | length }}
            or {{ record }}.total_duration <= '{{ longest }}'
        )
    )
{%- endmacro %}
