"""The append-only books, their keys and their clock. The only package that writes events."""
