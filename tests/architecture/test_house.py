"""The house rules that a reader would otherwise have to remember."""

import ast
import re
import shutil
import subprocess
import sys
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, our_files, our_texts, packages, pyproject

LONGEST_FILE = 400
CODE = {".py", ".sql", ".js", ".css", ".html", ".typ", ".sh"}


def contracts_hold(folder: Path) -> subprocess.CompletedProcess[str]:
    """`lint-imports` over the packages of a folder, with its own `pyproject.toml`."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports; exit(lint_imports(no_cache=True))",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_only_point_down_and_the_domain_is_pure() -> None:
    checked = contracts_hold(ROOT)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("domain/upstairs.py", "import ledger"),
        ("projections/upstairs.py", "import api"),
        ("documents/upstairs.py", "import projections"),
        ("domain/clock.py", "import time"),
        ("domain/database.py", "import psycopg"),
    ],
)
def test_an_import_that_points_up_or_out_is_found(tmp_path: Path, file: str, line: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in packages():
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    assert contracts_hold(tmp_path).returncode == 0
    (tmp_path / file).write_text(line)
    assert contracts_hold(tmp_path).returncode == 1


def test_every_tool_looks_at_the_same_packages() -> None:
    tools = pyproject()["tool"]
    assert sorted(tools["importlinter"]["root_packages"]) == sorted(packages())
    assert sorted(tools["mypy"]["packages"]) == sorted(packages())
    assert sorted(tools["ruff"]["lint"]["isort"]["known-first-party"]) == sorted(packages())
    assert sorted(path.parent.name for path in ROOT.glob("*/__init__.py")) == sorted(packages())


def test_every_room_of_a_package_is_listed() -> None:
    rooms = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in packages()
        for path in ROOT.glob(f"{package}/**/__init__.py")
    }
    assert rooms == set(pyproject()["tool"]["setuptools"]["packages"])


@pytest.mark.parametrize("name", [*packages(), "tests", "bench"])
def test_no_dependency_owns_one_of_our_names(name: str) -> None:
    assert set(packages_distributions().get(name, ())) <= {"igp-ledger"}


def test_the_domain_reads_no_clock_and_draws_no_ids() -> None:
    # What a rule needs of these comes in with the command.
    calls = {"now", "today", "utcnow", "time", "monotonic", "perf_counter"}
    uses = {"uuid1", "uuid4", "urandom", "token_bytes", "token_hex", "getrandbits"}
    found = []
    for file in sorted((ROOT / "domain").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if _name(called) in calls or _name(node) in uses:
                found.append(f"{file.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    assert found == []


def _name(node: ast.AST | None) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name
    return None


def test_no_file_is_longer_than_one_room() -> None:
    lines = Counter(file for file, _, _ in our_texts() if file.suffix in CODE)
    long = {str(file) for file, count in lines.items() if count > LONGEST_FILE}
    assert {file for file in long if not file.startswith("tests/")} == set()


def test_no_package_below_tests_hides_one_of_ours() -> None:
    assert [*(ROOT / "tests").rglob("__init__.py")] == []


def test_every_test_file_has_a_name_of_its_own() -> None:
    names = Counter(file.name for file in our_files() if file.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []


def test_nothing_is_left_open_or_skipped() -> None:
    open_end = re.compile(
        r"\b(TODO|FIXME|XXX)\b|pytest\.(skip|xfail|importorskip)\(|mark\.(skip|xfail)\b"
    )
    here = Path(__file__).relative_to(ROOT)
    found = [
        f"{file}:{number}"
        for file, number, line in our_texts(but=frozenset({here}))
        if file.suffix == ".py" and open_end.search(line)
    ]
    assert found == []


def test_no_file_names_a_folder_of_one_machine_or_a_package_registry() -> None:
    somewhere = re.compile(
        r"(?<![\w.}])/(work|farm|root|tmp|home|Users)/\w"
        r"|\bpypi\.org|pythonhosted\.org|registry\.(npmjs|yarnpkg)|--(extra-)?index-url|proxy\.golang"
    )
    here = Path(__file__).relative_to(ROOT)
    found = [
        f"{file}:{number}"
        for file, number, line in our_texts(but=frozenset({here}))
        if somewhere.search(line)
    ]
    assert found == []
