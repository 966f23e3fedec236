"""One run of typst, here or in a process of its own.

Typst takes about 13 KB for every cell of a table and keeps what it laid out for the next
ten documents. A long table is therefore printed apart, by this file run as a program: its
memory goes back to the machine when it ends, and should it need too much, it is not the
server that dies. The file imports nothing of ours, so that it starts quickly from anywhere.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import typst

#: Archivable and accessible at once: ISO 19005-2 level A and ISO 14289-1.
STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")

_REFUSED = 3
# One at a time: two long tables together would need the memory of both.
_turn = threading.Lock()


class Refused(Exception):
    """Typst did not print. `diagnostic` holds all its complaints and may quote the data."""

    def __init__(self, diagnostic: str) -> None:
        super().__init__("typst refused the document")
        self.diagnostic = diagnostic


class BrokenOff(RuntimeError):
    """The process that printed apart ended without a document, most likely for want of memory."""


def load_fonts(folders: Sequence[str]) -> typst.Fonts:
    """Fonts of these folders first, then of the system, then those that come with typst."""
    return typst.Fonts(
        include_system_fonts=True, include_embedded_fonts=True, font_paths=[*folders]
    )


def typeset(source: bytes, root: Path, fonts: typst.Fonts, data: str, created: datetime) -> bytes:
    """The PDF of a template over `data` (JSON text, `sys.inputs.data`). Raises `Refused`."""
    # A compiler of its own for each call: it keeps the inputs of the last one.
    compiler = typst.Compiler(source, root=root, font_paths=fonts)
    try:
        made = compiler.compile(
            format="pdf",
            sys_inputs={"data": data},
            pdf_standards=[*STANDARDS],
            timestamp=int(created.timestamp()),
        )
    except typst.TypstError as error:
        raise Refused(error.diagnostic) from None
    assert isinstance(made, bytes)
    return made


def typeset_apart(
    source: bytes, root: Path, folders: Sequence[str], data: str, created: datetime
) -> bytes:
    """As `typeset`, in a process of its own, one at a time. Raises `Refused`, `BrokenOff`."""
    task = {
        "source": source.decode(),
        "root": str(root),
        "folders": [*folders],
        "data": data,
        "created": created.isoformat(),
    }
    with _turn:
        # Through pipes: what is printed here never lies in a file.
        done = subprocess.run(
            [sys.executable, "-P", __file__], input=json.dumps(task).encode(), capture_output=True
        )
    if done.returncode == _REFUSED:
        raise Refused(done.stderr.decode())
    if done.returncode != 0:
        raise BrokenOff(f"the printing process ended with status {done.returncode}")
    return done.stdout


def _main(task: Mapping[str, str], folders: Sequence[str]) -> int:
    try:
        made = typeset(
            task["source"].encode(),
            Path(task["root"]),
            load_fonts(folders),
            task["data"],
            datetime.fromisoformat(task["created"]),
        )
    except Refused as refused:
        sys.stderr.buffer.write(refused.diagnostic.encode())
        return _REFUSED
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    read = json.load(sys.stdin.buffer)
    sys.exit(_main(read, read["folders"]))
