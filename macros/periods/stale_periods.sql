{#- Which periods a `by_period` model builds again, as conditions. -#}

{#- of_stale_periods(column, first, last): a condition that keeps what stale periods are made of; the
    materialization puts the periods in its place, everywhere else it is true.
    column: a date.  first, last: months before and after a stale period that it reads too. -#}
{% macro of_stale_periods(column, first=0, last=0) -%}
    (/* of stale periods: {{ column }} {{ first }} {{ last }} */ 1 = 1)
{%- endmacro %}

{#- only_stale_periods(query, stale): the query with its conditions `of_stale_periods` filled in. -#}
{% macro only_stale_periods(query, stale) -%}
    {%- set pattern = '\\(/\\* of stale periods: (\\S+) (-?[0-9]+) (-?[0-9]+) \\*/ 1 = 1\\)' -%}
    {%- set filled = namespace(query=query) -%}
    {%- for found in modules.re.finditer(pattern, query) -%}
        {%- set periods = [] -%}
        {%- for offset in range(found.group(2) | int, (found.group(3) | int) + 1) -%}
            {%- for period in stale -%}
                {%- do periods.append(shift_months(period, offset) if offset else period) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set condition = in_periods(found.group(1), periods | unique | list, period_kind(model)) -%}
        {%- set filled.query = filled.query | replace(found.group(0), condition) -%}
    {%- endfor -%}
    {{ return(filled.query) }}
{%- endmacro %}

{#- in_periods(column, periods, kind): whether a date lies in one of some periods.
    periods: first days, as YYYY-MM-DD.  kind: day or month. -#}
{% macro in_periods(column, periods, kind) -%}
    {%- set ranges = [] -%}
    {%- for period in periods | sort -%}
        {%- set end = period_end(period, kind) -%}
        {%- if ranges and ranges[-1][1] == period -%}
            {%- do ranges.append([ranges.pop()[0], end]) -%}
        {%- else -%}
            {%- do ranges.append([period, end]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for first, end in ranges -%}
        {%- do conditions.append(
            '(' ~ column ~ " >= cast('" ~ first ~ "' as date) and "
            ~ column ~ " < cast('" ~ end ~ "' as date))"
        ) -%}
    {%- endfor -%}
    {{ return('(' ~ (conditions | join(' or ') or '1 = 0') ~ ')') }}
{%- endmacro %}

{#- period_kind(node): `day`, `month`, or `all` for a table that is built as a whole when any input has
    changed; none for other tables. -#}
{% macro period_kind(node) -%}
    {{ return(node.config.get('meta', {}).get('period')) }}
{%- endmacro %}

{#- period_column(node): the column of a table that says which period a row belongs to. -#}
{% macro period_column(node) -%}
    {{ return('month' if 'month' in node.columns and period_kind(node) == 'month' else 'log_date') }}
{%- endmacro %}

{#- period_end(period, kind): the first day after a period, as YYYY-MM-DD. -#}
{% macro period_end(period, kind) -%}
    {%- if kind == 'month' -%}
        {{ return(shift_months(period, 1)) }}
    {%- endif -%}
    {%- set day = modules.datetime.date.fromisoformat(period) -%}
    {{ return((day + modules.datetime.timedelta(days=1)).isoformat()) }}
{%- endmacro %}

{#- shift_months(month, offset): a first day of a month, some months later, as YYYY-MM-DD. -#}
{% macro shift_months(month, offset) -%}
    {%- set months = month[:4] | int * 12 + month[5:7] | int - 1 + offset -%}
    {{ return('%04d-%02d-01' | format(months // 12, months % 12 + 1)) }}
{%- endmacro %}
