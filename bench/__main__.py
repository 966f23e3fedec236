"""`python -m bench [NAME]...`: measures, prints a table, writes `bench.json` in the data folder."""

import argparse
import sys
import time
from importlib import import_module

from bench.measure import Scale
from bench.place import running
from bench.result import Result, figures_of, table, write
from igp.settings import load_settings, make_data_dir

#: The benchmarks in the order they run; each is a module of that name with `run`.
NAMES = (
    "append",
    "bulk",
    "rebuild",
    "report",
    "history",
    "as-of",
    "note-http",
    "visible",
    "changes",
    "bytes",
    "reads",
    "new-year",
    "plan",
    "pages",
    "rosters",
    "publishing",
    "judging",
    "verify",
    "seal",
    "evidence",
)


def main() -> int:
    """0 where every bar holds, 1 where one does not, 2 for a name that does not exist."""
    parser = argparse.ArgumentParser(prog="bench", description="效能量測")
    parser.add_argument("names", nargs="*", metavar="名稱", help="、".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="十分之一的規模，只看能否執行")
    parser.add_argument("--full", action="store_true", help="加上五百萬筆的規模，需時較久")
    parser.add_argument("--rounds", type=int, default=5, help="輪數，至少 5")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(NAMES))
    if unknown:
        print(
            f"沒有這個量測：{'、'.join(unknown)}。可用的有：{'、'.join(NAMES)}。", file=sys.stderr
        )
        return 2
    settings = load_settings()
    make_data_dir(settings)
    scale = Scale(
        rounds=2 if given.quick else max(5, given.rounds),
        seconds=0.3 if given.quick else 1.0,
        quick=given.quick,
        full=given.full,
    )
    results: list[Result] = []
    with running(settings.data_dir / "bench") as place:
        for name in given.names or NAMES:
            began = time.monotonic()
            print(f"{name} …", flush=True)
            found: list[Result] = import_module(f"bench.{name.replace('-', '_')}").run(place, scale)
            results += found
            for one in found:
                print(f"  {one.name}: {one.ratio:.2f}\n{figures_of(one)}", flush=True)
            print(f"  {time.monotonic() - began:.0f} 秒", flush=True)
        print(f"\n{table(results)}")
        if not scale.quick:
            file = settings.data_dir / "bench.json"
            write(file, results, place.version)
            print(f"\n{file}")
    return 0 if all(one.holds for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
