"""A view as paper: CSV, XLSX, ODS and PDF. Knows neither database nor ledger."""
