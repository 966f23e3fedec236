"""What is installed is what was reviewed: every dependency pinned by version and hash."""

import json
import re

import pytest

from tests.architecture.house import ROOT, our_files

PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^\s;]+)")
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"]


def pins(lock: str) -> dict[str, tuple[str, int]]:
    """{name: (version, number of hashes)} of a lock file."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            pin = PIN.match(line)
            assert pin, f"{lock}: {line.split()[0]} is not pinned"
            found[pin[1]] = (pin[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", line)))
    return found


def wanted(requirements: str) -> dict[str, str | None]:
    """{name: pinned version or None} of a `.in` file."""
    found: dict[str, str | None] = {}
    for line in (ROOT / requirements).read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line and not line.startswith("-r"):
            name, _, version = line.partition("==")
            name = re.sub(r"\[.*\]", "", name)
            found[re.sub(r"[._-]+", "-", name).lower()] = version or None
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_pinned_by_hash_and_names_no_address(lock: str) -> None:
    assert all(hashes > 0 for _, hashes in pins(lock).values())
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text


@pytest.mark.parametrize(
    ("requirements", "lock"),
    [
        ("requirements.in", "requirements.lock"),
        ("requirements.in", "requirements-dev.lock"),
        ("requirements-dev.in", "requirements-dev.lock"),
        ("requirements-node.in", "requirements-node.lock"),
    ],
)
def test_the_lock_holds_what_is_asked_for(requirements: str, lock: str) -> None:
    locked = pins(lock)
    for name, version in wanted(requirements).items():
        assert name in locked
        assert version in (None, locked[name][0])


def test_tests_run_against_the_versions_that_are_shipped() -> None:
    shipped, tested = (pins(lock) for lock in LOCKS[:2])
    assert {name: tested.get(name) for name in shipped} == shipped


def test_page_assets_are_pinned_by_hash_and_name_no_address() -> None:
    for file in our_files():
        if file.name == "package-lock.json":
            packages = json.loads((ROOT / file).read_text(encoding="utf-8"))["packages"]
            for name, package in packages.items():
                assert "resolved" not in package, name
                assert name == "" or "integrity" in package, name
