"""Reads the books from their start: rebuild and verify. Never writes a book."""
