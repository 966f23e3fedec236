"""`igp import`: a folder of CSV files into the ledger, all of it or nothing (contract 5)."""
