"""The report of `make acceptance`, run on small suites of its own."""

import tomllib
from pathlib import Path

import pytest

from tests.plugins.acceptance import LIST, differences, listed, normalised

ROOT = Path(__file__).parents[2]
THREE_IDS = """
[IGP-1]
line = "one"
source = "here"
[IGP-2]
line = "two"
source = "here"
[KAO-1]
line = "three"
source = "there"
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("IGP_SPECIFICATION_DIR", raising=False)
    pytester.makeini("[pytest]\nmarkers = accepts(*ids): the acceptance ids this test proves")
    ids = pytester.path / LIST
    ids.parent.mkdir(parents=True)
    ids.write_text(THREE_IDS, encoding="utf-8")
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest("-p", "tests.plugins.acceptance", "-p", "no:cacheprovider", *arguments)


def last(result: pytest.RunResult, count: int) -> list[str]:
    return result.outlines[-count:]


def test_every_listed_id_has_its_line_and_missing_is_no_failure(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_story="""
        import pytest

        @pytest.mark.accepts("IGP-01", "KAO-1")
        @pytest.mark.parametrize("case", [1, 2])
        def test_told(case): pass

        @pytest.mark.accepts("IGP-1")
        def test_told_again(): pass

        def test_unmarked(): assert False
        """
    )
    result = run(suite, "--acceptance")
    assert last(result, 4) == [
        "IGP-1 passed test_story.py::test_told test_story.py::test_told_again",
        "IGP-2 missing",
        "KAO-1 passed test_story.py::test_told",
        "2 of 3 passed",
    ]
    assert result.ret == 0


def test_one_failed_case_fails_its_id_and_the_run(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_story="""
        import pytest

        @pytest.mark.accepts("IGP-2")
        @pytest.mark.parametrize("case", [1, 2])
        def test_told(case): assert case == 1

        @pytest.mark.accepts("IGP-2")
        def test_told_again(): pass
        """
    )
    result = run(suite, "--acceptance")
    assert "IGP-2 failed test_story.py::test_told[2]" in result.outlines
    assert last(result, 1) == ["0 of 3 passed"]
    assert result.ret == 1


@pytest.mark.parametrize("when", ["set-up", "clean-up"])
def test_an_id_whose_fixture_breaks_has_failed(suite: pytest.Pytester, when: str) -> None:
    suite.makepyfile(
        test_story=f"""
        import pytest

        @pytest.fixture
        def breaking():
            assert {when != "set-up"}
            yield
            assert {when != "clean-up"}

        @pytest.mark.accepts("IGP-1")
        def test_told(breaking): pass
        """
    )
    result = run(suite, "--acceptance")
    assert "IGP-1 failed test_story.py::test_told" in result.outlines
    assert result.ret == 1


def test_a_skipped_test_proves_nothing(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_story="""
        import pytest

        @pytest.mark.accepts("IGP-1")
        @pytest.mark.skipif(True, reason="not today")
        def test_told(): pass
        """
    )
    assert last(run(suite, "--acceptance"), 4)[0] == "IGP-1 missing"


def test_without_any_marked_test_all_ids_are_missing(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_story="def test_told(): pass")
    result = run(suite, "--acceptance")
    assert last(result, 2) == ["KAO-1 missing", "0 of 3 passed"]
    assert result.ret == 0


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_a_mark_with_an_unlisted_id_is_a_collection_error(
    suite: pytest.Pytester, workers: list[str]
) -> None:
    suite.makepyfile(
        test_story="""
        import pytest

        @pytest.mark.accepts("IGP-3", "nonsense")
        def test_told(): pass
        """
    )
    result = run(suite, *workers)
    result.stdout.fnmatch_lines(
        ["*test_told accepts IGP-3, which tests/acceptance/ids.toml does not list"]
    )
    result.stdout.fnmatch_lines(["*test_told accepts nonsense, which*"])
    result.stdout.fnmatch_lines(["*1 error*"])
    assert result.ret != 0


def test_the_report_is_the_same_when_tests_run_in_parallel(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_story="""
        import pytest

        @pytest.mark.accepts("IGP-1")
        def test_told(): pass

        @pytest.mark.accepts("IGP-2")
        def test_failed(): assert False
        """
    )
    result = run(suite, "--acceptance", "-n", "2")
    assert last(result, 4) == [
        "IGP-1 passed test_story.py::test_told",
        "IGP-2 failed test_story.py::test_failed",
        "KAO-1 missing",
        "1 of 3 passed",
    ]
    assert result.ret == 1


def test_ids_that_differ_from_the_specification_fail_the_run(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = suite.mkdir("specification")
    monkeypatch.setenv("IGP_SPECIFICATION_DIR", str(folder))
    plan = folder / "plan.md"
    plan.write_text("- **IGP-01** one, see IGP-7\n- **IGP-02** two\n- KAO-01 three\n")
    suite.makepyfile(test_story="def test_told(): pass")
    assert run(suite, "--acceptance").ret == 0

    plan.write_text("- **IGP-01** one\n- **IGP-10** ten\n- KAO-01 three\n- MIA-01 not yet listed\n")
    result = run(suite, "--acceptance")
    assert last(result, 3) == [
        "0 of 3 passed",
        "IGP-2 stands in the list but not in the specification",
        "IGP-10 stands in the specification but not in the list",
    ]
    assert result.ret == 1

    monkeypatch.setenv("IGP_SPECIFICATION_DIR", str(folder / "elsewhere"))
    assert run(suite, "--acceptance").ret == 1


def test_an_empty_specification_folder_differs_in_every_id(tmp_path: Path) -> None:
    assert len(differences(["IGP-1", "KAO-1"], tmp_path)) == 2


@pytest.mark.parametrize(("text", "expected"), [("IGP-01", "IGP-1"), ("KAO-172", "KAO-172")])
def test_leading_zeros_of_an_id_do_not_matter(text: str, expected: str) -> None:
    assert normalised(text) == expected


@pytest.mark.parametrize("text", ["IGP-0", "IGP", "igp-1", "IGP-1a", "IGP 1"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no acceptance id"):
        normalised(text)


def test_the_list_holds_every_number_of_its_families_once_with_line_and_source() -> None:
    tables = tomllib.loads((ROOT / LIST).read_text(encoding="utf-8"))
    assert [*tables] == [*(f"IGP-{n}" for n in range(1, 149)), *(f"KAO-{n}" for n in range(1, 173))]
    assert listed(ROOT / LIST) == tuple(tables)
    for one in tables.values():
        assert set(one) == {"line", "source"}
        assert 0 < len(one["line"]) <= 120
