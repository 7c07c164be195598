{#- Which periods a `by_period` model builds again, as conditions. -#}

{#- of_stale_periods(column, days, months_before): a condition that keeps what stale periods are made of;
    the materialization puts the periods in its place, everywhere else it is true.
    column: a date.  days: how many before and after a stale period it reads too.
    months_before: how many before a stale month it reads too. -#}
{% macro of_stale_periods(column, days=0, months_before=0) -%}
    (/* of stale periods: {{ column }} {{ days }} {{ months_before }} */ 1 = 1)
{%- endmacro %}

{#- only_stale_periods(query, stale): the query with its conditions `of_stale_periods` filled in. -#}
{% macro only_stale_periods(query, stale) -%}
    {%- set pattern = '\\(/\\* of stale periods: (\\S+) ([0-9]+) ([0-9]+) \\*/ 1 = 1\\)' -%}
    {%- set filled = namespace(query=query) -%}
    {%- for found in modules.re.finditer(pattern, query) -%}
        {%- set condition = in_periods(
            found.group(1), stale, period_kind(model), found.group(2) | int, found.group(3) | int
        ) -%}
        {%- set filled.query = filled.query | replace(found.group(0), condition) -%}
    {%- endfor -%}
    {{ return(filled.query) }}
{%- endmacro %}

{#- in_periods(column, periods, kind, days, months_before): whether a date lies in one of some periods.
    periods: first days, as YYYY-MM-DD.  kind: day or month.  days: so many before and after too.
    months_before: so many before a month too. -#}
{% macro in_periods(column, periods, kind, days=0, months_before=0) -%}
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
    {%- for period, end in ranges -%}
        {%- set first = shift_months(period, -months_before) if months_before else period -%}
        {%- do conditions.append(
            '(' ~ column ~ " >= cast('" ~ shift_days(first, -days) ~ "' as date) and "
            ~ column ~ " < cast('" ~ shift_days(end, days) ~ "' as date))"
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
    {{ return('10000-01-01' if period == '9999-12-31' else shift_days(period, 1)) }}
{%- endmacro %}

{#- shift_days(day, offset): some days later, as YYYY-MM-DD; no further than the years 1 to 9999, which
    the eight digits of a log date can name. -#}
{% macro shift_days(day, offset) -%}
    {%- if not offset or day == '10000-01-01' -%}
        {{ return(day) }}
    {%- endif -%}
    {%- set dates = modules.datetime.date -%}
    {%- set shifted = dates.fromisoformat(day).toordinal() + offset -%}
    {%- set within = [[shifted, dates.min.toordinal()] | max, dates.max.toordinal()] | min -%}
    {{ return(dates.fromordinal(within).isoformat()) }}
{%- endmacro %}

{#- shift_months(month, offset): a first day of a month, some months later, as YYYY-MM-DD; no earlier
    than the year 1. -#}
{% macro shift_months(month, offset) -%}
    {%- set months = [month[:4] | int * 12 + month[5:7] | int - 1 + offset, 12] | max -%}
    {{ return('%04d-%02d-01' | format(months // 12, months % 12 + 1)) }}
{%- endmacro %}
