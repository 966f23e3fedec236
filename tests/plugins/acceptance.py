"""Which acceptance ids the tests prove.

A test names the ids it proves with `@pytest.mark.accepts("IGP-17", "KAO-42")`; the ids are listed
in `tests/acceptance/ids.toml`, and a mark naming another id is a collection error. With
`--acceptance` only marked tests run, and after them one line per listed id is printed: `passed`
or `failed` with its tests, or `missing`; then `N of M passed`. The run fails when a test fails,
and when `IGP_SPECIFICATION_DIR` names a folder whose ids differ from the list; an id that is
missing is not a failure.
"""

import os
import re
import tomllib
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path

import pytest

LIST = Path("tests", "acceptance", "ids.toml")
SPECIFICATION_DIR = "IGP_SPECIFICATION_DIR"

_ID = re.compile(r"([A-Z]+)-0*([1-9][0-9]*)")
# An id stands at the start of its line in the lists: `- **IGP-01** …` or `- KAO-01 …`.
_LINE = re.compile(r"^- (?:\*\*)?([A-Z]+-[0-9]+)\b", re.MULTILINE)
_PROPERTY = "accepts"


def normalised(text: str) -> str:
    """`IGP-01` and `IGP-1` are one id, `IGP-1`. Raises `ValueError` for what is no id."""
    found = _ID.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no acceptance id")
    return f"{found[1]}-{found[2]}"


def listed(path: Path) -> tuple[str, ...]:
    """The ids of the list, in its order."""
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")))


def differences(ids: Iterable[str], specification: Path) -> list[str]:
    """One line per id that only the list or only the specification has.

    Compared are the families (IGP, KAO, …) of which the list has ids.
    """
    ours = set(ids)
    families = {one.partition("-")[0] for one in ours}
    theirs = {
        normalised(found)
        for file in sorted(specification.rglob("*.md"))
        for found in _LINE.findall(file.read_text(encoding="utf-8"))
        if found.partition("-")[0] in families
    }
    return [
        *(
            f"{one} stands in the list but not in the specification"
            for one in _sorted(ours - theirs)
        ),
        *(
            f"{one} stands in the specification but not in the list"
            for one in _sorted(theirs - ours)
        ),
    ]


def _sorted(ids: Iterable[str]) -> list[str]:
    return sorted(ids, key=lambda one: (one.partition("-")[0], int(one.partition("-")[2])))


def lines(ids: Iterable[str], outcomes: Mapping[str, Mapping[str, bool]]) -> list[str]:
    """What `--acceptance` prints; `outcomes` holds per id its tests' names and their success."""
    printed, passed, total = [], 0, 0
    for one in ids:
        total += 1
        tests = outcomes.get(one, {})
        failed = [name for name, good in tests.items() if not good]
        if not tests:
            printed.append(f"{one} missing")
        elif failed:
            printed.append(" ".join([one, "failed", *failed]))
        else:
            passed += 1
            # Each test once, however many cases it has.
            names = dict.fromkeys(name.partition("[")[0] for name in tests)
            printed.append(" ".join([one, "passed", *names]))
    return [*printed, f"{passed} of {total} passed"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--acceptance",
        action="store_true",
        help="run the tests that prove acceptance ids and print one line per id",
    )


def pytest_configure(config: pytest.Config) -> None:
    path = config.rootpath / LIST
    ids = listed(path) if path.is_file() else ()
    config.pluginmanager.register(Marks(frozenset(ids)), "acceptance-marks")
    # Workers of a parallel run report to the process that started them; only that one prints.
    if config.getoption("--acceptance"):
        config.pluginmanager.register(Chosen(), "acceptance-chosen")
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(Printed(config, ids), "acceptance-printed")


class Marks:
    """Reads the marks while tests are collected, and refuses ids that are not listed."""

    def __init__(self, ids: frozenset[str]) -> None:
        self._ids = ids

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        problems: list[str] = []
        for item in report.result or ():
            if isinstance(item, pytest.Item):
                problems += self._noted(item)
        if problems:
            report.outcome = "failed"
            report.longrepr = "\n".join(dict.fromkeys(problems))
            report.result = []
        return report

    def _noted(self, item: pytest.Item) -> Iterable[str]:
        for mark in item.iter_markers("accepts"):
            for text in mark.args:
                try:
                    one = normalised(text)
                except (ValueError, TypeError):
                    one = str(text)
                if one in self._ids:
                    item.user_properties.append((_PROPERTY, one))
                else:
                    yield f"{item.nodeid} accepts {one}, which {LIST.as_posix()} does not list"


class Chosen:
    """Leaves only the tests that prove something."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        others = [item for item in items if not any(item.iter_markers("accepts"))]
        if others:
            config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if any(item.iter_markers("accepts"))]


class Printed:
    """Gathers the outcomes and prints them as the last thing of the run."""

    def __init__(self, config: pytest.Config, ids: tuple[str, ...]) -> None:
        self._config = config
        self._ids = ids
        self._outcomes: dict[str, dict[str, bool]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, one in report.user_properties:
            # A test that was skipped has no call that passed, and so proves nothing.
            if key == _PROPERTY and (report.failed or (report.when == "call" and report.passed)):
                tests = self._outcomes.setdefault(str(one), {})
                tests[report.nodeid] = tests.get(report.nodeid, True) and report.passed

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        yield
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK
        print()
        for line in lines(self._ids, self._outcomes):
            print(line)
        for line in self._differences():
            print(line)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _differences(self) -> list[str]:
        folder = os.environ.get(SPECIFICATION_DIR)
        if not folder:
            return []
        if not Path(folder).is_dir():
            return [f"{SPECIFICATION_DIR} names no folder"]
        return differences(self._ids, Path(folder))
