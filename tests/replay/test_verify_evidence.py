"""A good bundle proves itself; every other is refused with the message that names what is wrong."""

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from replay.verify.bundle import NAMED
from replay.verify.evidence import Given, check_bundle
from replay.verify.evidence_cli import lines_of, main
from replay.verify.single_file import verifier_source
from tests.replay.evidence_cases import (
    CORRECTED,
    FILES,
    GOOD,
    LEDGER,
    PLACED,
    PROGRAMME,
    SIZE,
    refusal,
    without,
)
from tests.replay.evidence_maker import (
    ANOTHER,
    STUDENT,
    Asked,
    Files,
    TinyLedger,
    make,
    signed,
    tell,
    zipped,
)
from tests.replay.sealing_maker import WITNESS, Signer

# -- a good bundle


def test_a_good_bundle_proves_itself_and_says_with_which_key() -> None:
    answer = check_bundle(GOOD)
    assert answer.events == 7
    assert [one["noun"] for one in answer.manifest["scopes"]] == [
        "dispute",
        "placement",
        "student",
        "transition",
    ]
    told = "\n".join(lines_of(answer))
    assert f"與金鑰 {LEDGER.signer.key} 相符。請與主管機關公布的公開金鑰比對" in told
    assert "另有 1 個副署未查核" in told
    assert "區段 transition：沒有任何紀錄" in told
    assert "區段 placement：2 筆，全部在內" in told


def test_the_published_key_and_a_witness_answer_what_was_open() -> None:
    answer = check_bundle(GOOD, Given(key=LEDGER.signer.key, witnesses=[WITNESS.key]))
    assert answer.warnings == []
    assert answer.cosigned == [WITNESS.name]


def test_events_that_stay_closed_are_named_and_their_values_are_not_told() -> None:
    files = make(LEDGER, SIZE, Asked(closed=[CORRECTED]))
    answer = check_bundle(zipped(files))
    assert answer.manifest["closed"] == [{"position": CORRECTED, "rule": "not-visible"}]
    assert "其中 1 筆的加密內容未開啟" in "\n".join(lines_of(answer))
    [item] = [
        one for one in json.loads(files["timeline.json"])["items"] if one["position"] == CORRECTED
    ]
    assert item["reason"] == {"#": None}


def test_the_same_bundle_is_the_same_bytes() -> None:
    again = make(LEDGER, SIZE, Asked(beside=[PROGRAMME], witnesses=[WITNESS]))
    assert zipped(again) == GOOD


def test_a_simulated_clock_is_said() -> None:
    ledger = TinyLedger(simulated=True)
    answer = check_bundle(zipped(make(ledger, tell(ledger))))
    assert any("模擬時鐘" in warning for warning in answer.warnings)


@pytest.mark.parametrize("students", range(1, 40))
def test_every_shape_of_tree_and_map_proves(students: int) -> None:
    ledger = TinyLedger(number=students)
    for number in range(students):
        for noun in ("award", "placement")[: 1 + number % 2]:
            ledger.event(f"{noun}.recorded.v1", f"00000000-0000-0000-0001-{number:012}", STUDENT)
    size = tell(ledger)
    check_bundle(zipped(make(ledger, size, Asked(nouns=("dispute", "student", "x", "y", "z")))))


# -- what somebody kept


def test_a_bundle_older_than_a_kept_checkpoint_says_what_it_lacks() -> None:
    ledger = TinyLedger()
    old = tell(ledger)
    ledger.event("placement.corrected.v1", STUDENT, STUDENT)
    kept = Given(checkpoint=ledger.signer.checkpoint(ledger.leaves[: ledger.seal()]))
    code, message = refusal(zipped(make(ledger, old)), kept)
    assert code == "older"
    assert "缺少較新的紀錄" in message
    assert "第 15 筆" in message


def test_two_histories_of_one_size_are_found_by_who_kept_the_other() -> None:
    other = TinyLedger()
    other.event("award.recorded.v1", ANOTHER, STUDENT)
    kept = other.signer.checkpoint((other.leaves * SIZE)[:SIZE])
    code, message = refusal(GOOD, Given(checkpoint=kept))
    assert code == "two-histories"
    assert "兩種歷史" in message
    same = LEDGER.signer.checkpoint(LEDGER.leaves[:SIZE])
    assert check_bundle(GOOD, Given(checkpoint=same)).events == 7


def test_a_smaller_kept_checkpoint_is_not_passed_over_in_silence() -> None:
    kept = Given(checkpoint=LEDGER.signer.checkpoint(LEDGER.leaves[:5]))
    assert any("一致性證明" in warning for warning in check_bundle(GOOD, kept).warnings)


def test_a_kept_checkpoint_of_another_ledger_does_not_count() -> None:
    other = TinyLedger(number=2)
    kept = Given(checkpoint=other.signer.checkpoint(other.leaves))
    assert refusal(GOOD, kept)[0] == "kept"


def test_a_witness_that_did_not_cosign_is_missed() -> None:
    stranger = Signer("other.example", bytes([8]) * 32, 4)
    assert refusal(GOOD, Given(witnesses=[stranger.key]))[0] == "witness"
    same_name = Signer(WITNESS.name, bytes([8]) * 32, 4)
    assert refusal(GOOD, Given(witnesses=[same_name.key]))[0] == "witness"


@pytest.mark.parametrize("name", [LEDGER.signer.name, "another-office.example"])
def test_the_ledger_is_no_witness_of_itself_whatever_its_key_is_called(name: str) -> None:
    """Its own signature stands under every checkpoint, and would have passed for a cosignature."""
    own = Signer(name, LEDGER.signer.seed, LEDGER.signer.algorithm)
    code, message = refusal(GOOD, Given(witnesses=[own.key]))
    assert (code, "紀錄簿自己的金鑰" in message) == ("witness", True)


# -- changed by somebody without the key


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_flipped_byte_of_every_file_is_found_and_the_file_is_named(name: str) -> None:
    for at in range(0, len(FILES[name]), max(1, len(FILES[name]) // 25)):
        raw = bytearray(FILES[name])
        raw[at] ^= 1
        # Its check sum is made right, so that the manifest or the signature has to find it.
        code, message = refusal(zipped({**FILES, name: bytes(raw)}))
        if name not in ("manifest.json", "evidence.note"):
            assert (code, name in message) == ("altered", True)


def test_a_flipped_bit_anywhere_is_found() -> None:
    for at in range(len(GOOD)):
        raw = bytearray(GOOD)
        raw[at] ^= 1 << at % 8
        refusal(bytes(raw))


def test_a_flipped_byte_in_the_zip_names_the_file() -> None:
    at = GOOD.index(FILES["timeline.pdf"])
    raw = bytearray(GOOD)
    raw[at + 3] ^= 1
    code, message = refusal(bytes(raw))
    assert code == "altered"
    assert "timeline.pdf" in message


def deflated(files: Files) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(name, files[name])
    return out.getvalue()


def twice(files: Files) -> bytes:
    out = BytesIO(zipped(files))
    info = zipfile.ZipInfo("events.jsonl")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr(info, b"")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"PK\3\4",
        GOOD[:-1],
        GOOD[: len(GOOD) // 2],
        GOOD + b"\0",
        b"\0" + GOOD,
        GOOD + GOOD,
        deflated(FILES),
        twice(FILES),
        zipped(FILES, order=sorted(FILES, reverse=True)),
        zipped({**FILES, "notes.txt": b""}),
        zipped({**FILES, "../key.txt": b""}),
        zipped({**FILES, "reports/../x": b""}),
        *(zipped({k: v for k, v in FILES.items() if k != name}) for name in NAMED),
    ],
)
def test_a_container_that_is_not_the_one_of_its_files_is_refused(data: bytes) -> None:
    assert refusal(data)[0] == "container"


def test_a_report_that_the_manifest_does_not_name_is_refused() -> None:
    code, message = refusal(zipped({**FILES, "reports/more.pdf": b"x"}))
    assert code == "manifest"
    assert "reports/more.pdf" in message
    code, _ = refusal(zipped({k: v for k, v in FILES.items() if not k.startswith("reports/")}))
    assert code == "manifest"


def test_another_signer_is_found() -> None:
    forger = TinyLedger(seed=bytes([1]) * 32)
    forged = zipped(make(forger, tell(forger)))
    assert check_bundle(forged).key.name == LEDGER.signer.name
    code, message = refusal(forged, Given(key=LEDGER.signer.key))
    assert code == "signer"
    assert "公開金鑰不同" in message
    # The right key in the bundle, and the manifest signed with another.
    said = json.loads(FILES["manifest.json"])
    assert refusal(zipped(signed(FILES, said, forger.signer)))[0] == "signature"


def test_a_signature_of_another_bundle_does_not_count() -> None:
    other = make(LEDGER, SIZE, Asked(nouns=("dispute", "student")))
    assert refusal(zipped({**FILES, "evidence.note": other["evidence.note"]}))[0] == "signature"
    swapped = {**other, "manifest.json": FILES["manifest.json"]}
    assert refusal(zipped(swapped))[0] in ("altered", "manifest")


# -- the single file


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The single file, in a folder where nothing of ours can be imported."""
    file = tmp_path_factory.mktemp("alone") / "verify_evidence.py"
    file.write_bytes(verifier_source())
    return file


def ran(
    file: Path, *arguments: str, encoding: str = "utf-8", alone: str = "-P"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, alone, str(file), *arguments],
        cwd=file.parent,
        env={"PYTHONIOENCODING": encoding},
        capture_output=True,
        text=True,
        encoding=encoding,
    )


def test_the_single_file_answers_alone(alone: Path) -> None:
    (alone.parent / "good.zip").write_bytes(GOOD)
    published = f"{LEDGER.signer.key}\n{Signer('igp-ledger/x/access', bytes(32)).key}\n"
    (alone.parent / "key.txt").write_text(published, encoding="utf-8")
    # A file may be called after more than one witness.
    for name in ("witness.txt", "a+b.txt"):
        (alone.parent / name).write_text(f"{WITNESS.key}\n", encoding="utf-8")
    for witness in (WITNESS.key, "witness.txt", "a+b.txt"):
        good = ran(alone, "good.zip", "--key", "key.txt", "--witness", witness)
        assert (good.returncode, good.stderr) == (0, "")
        assert "查核通過" in good.stdout
    assert "請與主管機關公布的公開金鑰比對" not in good.stdout
    assert "請與主管機關公布的公開金鑰比對" in ran(alone, "good.zip").stdout
    (alone.parent / "bad.zip").write_bytes(without(PLACED)(FILES))
    bad = ran(alone, "bad.zip")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "區段 placement 應有 2 筆，證據檔有 1 筆" in bad.stderr
    missing = ran(alone, "nothing.zip")
    assert missing.returncode == 2
    assert "無法讀取 nothing.zip（沒有這個檔案）" in missing.stderr
    no_key = ran(alone, "good.zip", "--key", "verify_evidence.py")
    assert (no_key.returncode, "沒有公開金鑰" in no_key.stderr) == (1, True)
    no_checkpoint = ran(alone, "good.zip", "--checkpoint", "key.txt")
    assert "您留存的檢查點的格式不正確" in no_checkpoint.stderr
    (alone.parent / "no-text.txt").write_bytes(b"\xff")
    no_text = ran(alone, "good.zip", "--key", "no-text.txt")
    assert no_text.returncode == 1
    # A key saved with a mark of its own at the beginning, a terminal without Chinese.
    (alone.parent / "marked.txt").write_text(published, encoding="utf-8-sig")
    marked = ran(alone, "good.zip", "--key", "marked.txt", encoding="ascii")
    assert marked.returncode == 0
    # Without the one package it needs it says so.
    bare = ran(alone, "good.zip", alone="-S")
    assert bare.returncode == 2
    assert "cryptography" in bare.stderr
    assert "Traceback" not in missing.stderr + no_text.stderr + marked.stderr + bare.stderr


def test_the_single_file_is_what_the_product_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(GOOD)
    assert main([str(bundle)]) == 0
    assert "查核通過" in capsys.readouterr().out
    assert b"from replay" not in verifier_source()
    assert b"import replay" not in verifier_source()
