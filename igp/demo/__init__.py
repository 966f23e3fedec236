"""The demo county: two school years of fictional people, on the simulated clock (contract 6)."""
