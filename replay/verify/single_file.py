"""The verifier as one file that runs alone, as it lies in every evidence bundle."""

from functools import cache
from importlib import import_module
from pathlib import Path

#: The modules it is made of, each after those it needs.
PARTS = ("proofs", "bundle", "contents", "sections", "evidence", "evidence_cli")
_FUTURE = "from __future__ import annotations\n"
_ENTRY = '\n\nif __name__ == "__main__":\n    sys.exit(main())\n'


@cache
def verifier_source() -> bytes:
    """The modules one after another without their imports of each other.

    The program's own modules are read, so it is the same bytes in every bundle of a version.
    """
    whole = [f"#!/usr/bin/env python3\n{_FUTURE}"]
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
