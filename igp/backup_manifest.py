"""What a backup says of itself: `manifest.json` in the folder of the database's files.

Of the authors' own notes it says nothing beyond what their file is.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ValidationError

from ledger.disk_errors import why
from ledger.dump import Dumped
from ledger.modes import Clock

MANIFEST = "manifest.json"
#: In the folder of the keys, beside the same folders as in `IGP_KEY_DIR`.
KEYS_MANIFEST = "keys.json"


class BadBackup(Exception):
    """The folder cannot be restored from; the message (zh-TW) says why and what to do."""


class Manifest(BaseModel, frozen=True, extra="forbid"):
    """`records` and `access` are the positions at which the shared books end, `ends_at` the time
    of the last record by the ledger's clock, `checkpoint` the newest signed one of `records`."""

    format: Literal["igp-backup/1"] = "igp-backup/1"
    ledger: UUID
    clock: Clock
    program: str
    #: By the machine's clock.
    made_at: AwareDatetime
    migrations: tuple[str, ...]
    records: int
    access: int
    ends_at: AwareDatetime
    checkpoint: str | None
    tables: tuple[Dumped, ...]

    @property
    def prefix(self) -> str:
        """How the origins of this ledger's checkpoints begin (docs/formats/sealing.md)."""
        return f"{'igp-ledger' if self.clock == 'real' else 'igp-ledger-simulated'}/{self.ledger}"


class KeysManifest(BaseModel, frozen=True, extra="forbid"):
    """Whose keys they are."""

    format: Literal["igp-keys/1"] = "igp-keys/1"
    ledger: UUID
    made_at: datetime


def read_manifest(folder: Path) -> Manifest:
    """Raises `BadBackup`."""
    return Manifest.model_validate(_read(folder / MANIFEST, Manifest))


def read_keys_manifest(folder: Path) -> KeysManifest:
    """Raises `BadBackup`."""
    return KeysManifest.model_validate(_read(folder / KEYS_MANIFEST, KeysManifest))


def _read(path: Path, model: type[BaseModel]) -> BaseModel:
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise BadBackup(
            f"{path.parent} 不是完整的備份：沒有 {path.name}（備份可能中途停止）。"
            "請改用另一份備份。"
        ) from None
    except OSError as error:
        raise BadBackup(f"無法讀取 {path}（{why(error)}）。") from None
    except ValidationError:
        raise BadBackup(
            f"{path} 的內容不是這個版本的程式認得的備份。請使用備份時的程式版本，或改用另一份備份。"
        ) from None
