{#- check_vars(): stops a run whose vars have no sense, before anything is built. -#}
{% macro check_vars() -%}
    {%- set limits = {
        'max_record_seconds': (1, 31536000),
        'active_high_days': (1, 31),
        'clinginess_low_days': (0, 31),
        'clinginess_high_days': (0, 31),
        'search_run_seconds': (1, 3600),
        'trending_keywords': (1, 1000),
        'max_customer_identifiers': (2, 10000),
        'min_rows_for_rejected_share': (1, 1000000000),
        'min_rows_to_judge': (1, 1000000000),
        'min_files_for_unreadable_share': (2, 1000000),
        'min_same_weekdays': (1, 1000),
    } -%}
    {%- for name, (lowest, highest) in limits.items() -%}
        {%- set value = var(name) -%}
        {%- if value is not integer or value < lowest or value > highest -%}
            {{ exceptions.raise_compiler_error(
                'var ' ~ name ~ ' is ' ~ value ~ '; it must be a whole number from '
                ~ lowest ~ ' to ' ~ highest ~ ' (dbt_project.yml says what it means)'
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- set shares = {
        'max_rejected_share': (0, 1),
        'max_rejected_share_search': (0, 1),
        'max_rejected_share_of_few_rows': (0, 1),
        'max_out_of_scope_share': (0, 1),
        'max_unreadable_share': (0, 1),
        'min_share_of_usual_rows': (0, 1),
        'max_share_of_usual_rows': (1, 1000),
    } -%}
    {%- for name, (lowest, highest) in shares.items() -%}
        {%- set value = var(name) -%}
        {%- if not (value is integer or value is float) or value < lowest or value > highest -%}
            {{ exceptions.raise_compiler_error(
                'var ' ~ name ~ ' is ' ~ value ~ '; it must be a number from '
                ~ lowest ~ ' to ' ~ highest ~ ' (dbt_project.yml says what it means)'
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- set placeholders = var('identifier_placeholders') -%}
    {%- if placeholders is string or placeholders is not sequence or not placeholders
        or placeholders | reject('string') | list
        or placeholders | map('trim') | map('lower') | list != placeholders | list -%}
        {{ exceptions.raise_compiler_error(
            'var identifier_placeholders is ' ~ placeholders ~ '; it must be a list of texts in lower '
            ~ 'case such as "null", in quotes'
        ) }}
    {%- endif -%}
    {%- set bad_days = var('accepted_bad_days') -%}
    {%- set a_day = '^[a-z_]+ [0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' -%}
    {%- if bad_days is string or bad_days is not sequence
        or bad_days | reject('string') | list
        or bad_days | map('trim') | list != bad_days | list -%}
        {{ exceptions.raise_compiler_error(
            'var accepted_bad_days is ' ~ bad_days ~ '; it must be a list of texts such as '
            ~ '"log_content 2022-07-05"'
        ) }}
    {%- endif -%}
    {%- for day in bad_days if not modules.re.match(a_day, day) -%}
        {{ exceptions.raise_compiler_error(
            'var accepted_bad_days has ' ~ day ~ '; it must be a source and a day, such as '
            ~ '"log_content 2022-07-05"'
        ) }}
    {%- endfor -%}
{%- endmacro %}
