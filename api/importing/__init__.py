"""Rows of CSV files against the ledger: read, decided together, told line by line (contract 5)."""
