"""Adds the example of every event that has none: `python -m tests.events.make_examples`.

An example that is there is never made again: it stands for what was stored.
"""

import tempfile
from pathlib import Path

import orjson

from domain.catalogue import stored_events
from tests.events.examples import FILE, load, make


def main() -> None:
    known = load() if FILE.exists() else []
    have = {example["event"] for example in known}
    for event_class in stored_events():
        if event_class.TOPIC not in have:
            with tempfile.TemporaryDirectory() as folder:
                known.append(make(event_class, Path(folder)))
            print(f"added {event_class.TOPIC}")
    FILE.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
