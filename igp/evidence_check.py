"""`igp evidence verify`: checks a bundle without network or database, and imports no more."""

from collections.abc import Sequence
from pathlib import Path

from igp.terminal import NO, Failed, say
from replay.verify.bundle import Refused
from replay.verify.evidence_cli import check_file, lines_of, why


def verify_evidence(
    file: Path, key: Path | None, checkpoint: Path | None, witnesses: Sequence[str]
) -> None:
    """Checks a bundle and says what it found. Raises `Failed`: 1 where it is refused, 2 where a
    file cannot be read."""
    try:
        answer = check_file(file, key, checkpoint, witnesses)
    except OSError as error:
        raise Failed(f"無法讀取 {error.filename or file}（{why(error)}）。") from None
    except Refused as refused:
        raise Failed(str(refused), NO) from None
    for line in lines_of(answer):
        say(line)
