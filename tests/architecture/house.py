"""Where the house stands and which files are ours."""

import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@cache
def pyproject() -> dict[str, Any]:
    """`pyproject.toml`, read."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def packages() -> tuple[str, ...]:
    """The top-level packages of the product."""
    listed = pyproject()["tool"]["setuptools"]["packages"]
    return tuple(name for name in listed if "." not in name)


@cache
def our_files() -> tuple[Path, ...]:
    """Every file git holds or would take, relative to the root."""
    # A checkout may belong to another user than the one who runs the tests.
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    files = (Path(name) for name in listing.split("\0") if name)
    return tuple(sorted(file for file in files if (ROOT / file).is_file()))


def our_texts(*, but: frozenset[Path] = frozenset()) -> Iterator[tuple[Path, int, str]]:
    """(file, line number, line) of every text file of ours."""
    for file in our_files():
        if file in but:
            continue
        try:
            text = (ROOT / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            yield file, number, line
