"""The verifier as one file that runs alone, as it lies in every evidence bundle."""

from functools import cache
from importlib import import_module
from pathlib import Path

#: The modules it is made of, each after those it needs.
PARTS = ("proofs", "bundle", "contents", "sections", "evidence", "evidence_cli")
_FUTURE = "from __future__ import annotations\n"
#: Who has not what it takes is told so, and not by the error of an import.
_NEEDS = """
import importlib.util
import sys

if sys.version_info < (3, 11) or importlib.util.find_spec("cryptography") is None:
    sys.stderr.write("需要 Python 3.11 以上與 cryptography 套件，請看 how-to-check.txt。\\n")
    sys.exit(2)
"""
_ENTRY = '\n\nif __name__ == "__main__":\n    sys.exit(main())\n'


@cache
def verifier_source() -> bytes:
    """The modules one after another without their imports of each other.

    The program's own modules are read, so it is the same bytes in every bundle of a version.
    """
    whole = [f"#!/usr/bin/env python3\n{_FUTURE}{_NEEDS}"]
    for part in PARTS:
        file = import_module(f"replay.verify.{part}").__file__
        assert file is not None
        source = Path(file).read_text(encoding="utf-8").replace(_FUTURE, "")
        whole.append(_alone(source))
    return ("\n\n".join(whole) + _ENTRY).encode()


def _alone(source: str) -> str:
    lines, inside = [], False
    for line in source.splitlines():
        if line.startswith("from replay."):
            inside = line.endswith("(")
        elif inside:
            inside = line != ")"
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"
