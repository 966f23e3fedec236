"""The pages: the same services as the JSON endpoints, shown to people."""
