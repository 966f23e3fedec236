"""`igp evidence build`: makes the bundle of a dispute."""

from pathlib import Path
from uuid import UUID

from api.evidence import read_evidence
from igp.composition import build
from igp.identity import acting_as
from igp.output import keep
from igp.sealing import seal_now
from igp.settings import Settings
from igp.terminal import Failed, say


def build_evidence(settings: Settings, username: str | None, dispute: str, output: Path) -> None:
    """Writes the bundle as this account may have it. Raises `Failed` and refusals."""
    try:
        dispute_id = UUID(dispute)
    except ValueError:
        raise Failed("DISPUTE 請填爭議案件的識別碼，例如網址中的那一段。") from None
    if output.exists():
        raise Failed(f"{output} 已經存在，請以 -o 指定另一個檔名。")
    if not output.parent.is_dir():
        raise Failed(f"沒有資料夾 {output.parent}，請先建立。")
    with build(settings) as running:
        running.catch_up()
        seal_now(running.ledger)
        with acting_as(running, username) as viewer:
            data, _ = read_evidence(running.house, viewer, dispute_id, None)
    keep(output, data)
    say(f"已寫入 {output}（{len(data):,} 位元組）。查驗：igp evidence verify {output}")
