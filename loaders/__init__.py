"""Raw files to the DuckDB schema `raw`: structure only, no business rule (SPEC section 3)."""
