"""Files that are whole or not there, whatever happens to the machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new private file (0600), its bytes durable when the block ends well.

    Its name is durable after `sync_folder`. Raises `FileExistsError`.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def replace_file(path: Path, content: bytes) -> None:
    """The file holds this content, durably, when it returns; a crash leaves the old or the new.

    For one writer at a time.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with new_file(part) as stream:
        stream.write(content)
    part.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
