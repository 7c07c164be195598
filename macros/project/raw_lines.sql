{#- The text of a rejected row: the fields that were read, as a JSON object (SPEC 3). -#}

{#- content_line(): a row of raw.log_content. -#}
{% macro content_line() -%}
    {{ json_object_text({
        '_id': 'document_id',
        'Contract': 'contract',
        'Mac': 'mac',
        'TotalDuration': 'total_duration',
        'AppName': 'app_name',
    }) }}
{%- endmacro %}

{#- search_line(): a row of raw.log_search. -#}
{% macro search_line() -%}
    {{ json_object_text({
        'eventID': 'event_id',
        'datetime': 'event_datetime',
        'user_id': 'user_id',
        'keyword': 'keyword',
        'category': 'category',
        'proxy_isp': 'proxy_isp',
        'platform': 'platform',
        'networkType': 'network_type',
        'action': 'action',
        'userPlansMap': 'user_plans',
    }) }}
{%- endmacro %}
