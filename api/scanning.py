"""A program of the house's own choice that looks at a file before it is kept (`IGP_SCAN_COMMAND`).

There is none by default. The bytes go to its standard input, so that they never lie in a file of
this machine unencrypted; whatever status it ends with but 0 refuses the file.
"""

import os
import shlex
import subprocess
from collections.abc import Callable

from domain.refusal import NotValid, Refusal

#: How long the program may take over one file.
PATIENCE_SECONDS = 60.0

#: Raises what is wrong with a file.
Scan = Callable[[bytes], None]


class FileRefusedByScan(NotValid):
    CODE = "file-refused-by-scan"
    TITLE = "檔案沒有通過安全掃描，未儲存"


class ScanUnavailable(Refusal):
    """The program cannot be run, or did not come to an end."""

    CODE = "scan-unavailable"
    STATUS = 503
    TITLE = "目前無法執行安全掃描，檔案未儲存；請稍後再試或通知系統管理員"


def nothing(_: bytes) -> None:
    """Where no program is set."""


def scan_by(command: str | None, patience: float = PATIENCE_SECONDS) -> Scan:
    """The scan by a command line, or none. It raises `FileRefusedByScan`, `ScanUnavailable`."""
    if command is None:
        return nothing
    words = shlex.split(command)

    def scan(content: bytes) -> None:
        try:
            ended = subprocess.run(
                words,
                input=content,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=patience,
                check=False,
                # Nothing of our own surroundings, which hold passwords.
                env={"PATH": os.defpath},
            )
        except (OSError, subprocess.TimeoutExpired):
            failed = True
        else:
            failed = False
        # Raised out here, so that no earlier error with the file's bytes hangs on it.
        if failed:
            raise ScanUnavailable
        if ended.returncode != 0:
            raise FileRefusedByScan(field="file")

    return scan
