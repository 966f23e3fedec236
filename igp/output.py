"""A file that a command was asked to write: whole, or what was there before."""

import shutil
from pathlib import Path

from igp.terminal import Failed
from ledger.disk_errors import why


def keep(output: Path, content: bytes) -> None:
    """Writes the file beside its place first, so that half a list is never taken for the whole.

    Raises `Failed`.
    """
    try:
        target = output.resolve()
        if target.exists() and not target.is_file():
            # A pipe or a device, which nothing can be put in the place of.
            target.write_bytes(content)
        else:
            _replace(target, content)
    except (OSError, RuntimeError) as error:
        reason = why(error) if isinstance(error, OSError) else "連結互相指向"
        raise Failed(f"無法寫入 {output}（{reason}）。") from None


def _replace(target: Path, content: bytes) -> None:
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(content)
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
