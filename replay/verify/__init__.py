"""Checks the books from their start and shares no code with what wrote them.

It imports nothing of ours: only the standard library, psycopg and cryptography. What it knows of
the stored forms it knows from docs/formats, so a mistake of the writer is not made twice.
"""

from replay.verify.checkpoints import Outside
from replay.verify.keyfiles import KeyFiles, KeysUnusable
from replay.verify.report import BOOKS, Finding, Progress, Report
from replay.verify.verifying import verify

__all__ = [
    "BOOKS",
    "Finding",
    "KeyFiles",
    "KeysUnusable",
    "Outside",
    "Progress",
    "Report",
    "verify",
]
