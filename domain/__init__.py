"""What may happen to a record, and why not. Pure: pydantic and the standard types only."""
