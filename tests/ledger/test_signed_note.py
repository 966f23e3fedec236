"""Notes, checkpoints, proofs and cosignatures: what C2SP's pages show, and what is refused."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import ProofError, check_inclusion
from ledger.signed_note import (
    BadNote,
    Checkpoint,
    Cosigner,
    Note,
    Proof,
    Signature,
    Signer,
    VerifierKey,
    parse_checkpoint,
    parse_key,
    parse_note,
    parse_signature,
    signing_key,
    with_cosignatures,
)
from tests.proofs import parse_proof

NAME = "igp-ledger/0f6ad91e-7c8d-4b56-9d2a-0e1f6b1d5b4d/records"
SEED = bytes(range(32))
SIGNER = Signer(NAME, Ed25519PrivateKey.from_private_bytes(SEED))
WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
CHECKPOINT = Checkpoint(NAME, 20852163, hashlib.sha256(b"root").digest())
SIGNED = SIGNER.sign(CHECKPOINT.text)
#: The example of c2sp.org/tlog-cosignature.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q"
    "1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2"
    "oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_the_example_of_the_specification_is_read_and_written_alike() -> None:
    note = parse_note(EXAMPLE)
    assert str(note) == EXAMPLE
    read = parse_checkpoint(note)
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20852163)
    assert read.text == note.text
    [log, witness] = note.signatures
    assert (log.name, log.key_id.hex()) == ("example.com/behind-the-sofa", "033de0ae")
    assert int.from_bytes(witness.made[:8], "big") == 1679315147


def test_a_checkpoint_is_signed_and_read_by_its_verifier_key() -> None:
    key = parse_key(str(SIGNER.key))
    assert key == SIGNER.key
    note = parse_note(str(SIGNED))
    key.check(note)
    assert parse_checkpoint(note) == CHECKPOINT


def test_the_key_of_another_log_or_name_did_not_sign() -> None:
    other = Signer(NAME, Ed25519PrivateKey.from_private_bytes(bytes(32))).key
    with pytest.raises(BadNote, match="not signed"):
        other.check(SIGNED)
    with pytest.raises(BadNote, match="not signed"):
        VerifierKey(NAME + "x", SIGNER.key.public).check(SIGNED)


def test_a_signature_of_a_known_key_that_is_false_spoils_the_note() -> None:
    [good] = SIGNED.signatures
    false = Signature(good.name, good.key_id, bytes(64))
    for signatures in ((false,), (good, false)):
        with pytest.raises(BadNote, match="false"):
            SIGNER.key.check(Note(SIGNED.text, signatures))
    SIGNER.key.check(Note(SIGNED.text, (Signature("stranger", b"\0\0\0\0", b"\0"), good)))


def test_a_text_that_was_changed_is_found() -> None:
    changed = Note(SIGNED.text.replace("20852163", "20852164"), SIGNED.signatures)
    with pytest.raises(BadNote, match="false"):
        SIGNER.key.check(changed)


def test_a_witness_cosigns_at_a_time() -> None:
    note = with_cosignatures(SIGNED, [WITNESS.cosign(SIGNED.text, 1679315147)])
    read = parse_note(str(note))
    SIGNER.key.check(read)
    assert parse_key(str(WITNESS.key)).cosigned_at(read) == 1679315147
    assert WITNESS.key.cosigned_at(SIGNED) is None


def test_a_cosignature_of_another_time_or_text_is_false() -> None:
    good = WITNESS.cosign(SIGNED.text, 1679315147)
    later = Signature(good.name, good.key_id, (1679315148).to_bytes(8, "big") + good.made[8:])
    short = Signature(good.name, good.key_id, good.made[:-1])
    impossible = Signature(good.name, good.key_id, b"\xff" * 8 + good.made[8:])
    for wrong in (later, short, impossible):
        with pytest.raises(BadNote):
            WITNESS.key.cosigned_at(with_cosignatures(SIGNED, [wrong]))
    with pytest.raises(BadNote):
        WITNESS.key.cosigned_at(Note(SIGNED.text.replace("208", "209"), (good,)))


def test_a_proof_is_written_and_read_alike() -> None:
    path = (hashlib.sha256(b"one").digest(), hashlib.sha256(b"two").digest())
    for proof in (Proof(0, (), SIGNED), Proof(73894, path, SIGNED)):
        assert parse_proof(str(proof)) == proof
    text = str(Proof(7, path, SIGNED))
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 7\n")
    assert text.endswith("\n\n" + str(SIGNED))
    with pytest.raises(ProofError):
        check_inclusion(path[0], 7, CHECKPOINT.size, path, CHECKPOINT.root)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "text\n",
        "text\n\n",
        "\n\n— a AAAAAAA=\n",
        "text\n\n— a AAAAAAA=",
        "text\n\n- a AAAAAAA=\n",
        "text\n\n— a\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— a\u3000b AAAAAAA=\n",
        "text\n\n— a AAAA\n",
        "text\n\n— a AAAAAAA\n",
        "text\n\n— a AAAAAAB=\n",
        "text\n\n— a AAAAAAA= \n",
        "te\rxt\n\n— a AAAAAAA=\n",
        "text\n\n" + "— a AAAAAAA=\n" * 65,
    ],
)
def test_what_is_no_note_is_refused(wrong: str) -> None:
    with pytest.raises(BadNote):
        parse_note(wrong)


ROOT = CHECKPOINT.text.split("\n")[2]


@pytest.mark.parametrize(
    "wrong",
    [
        "origin\n5\n",
        f"\n5\n{ROOT}\n",
        f"origin\n05\n{ROOT}\n",
        f"origin\n-5\n{ROOT}\n",
        f"origin\n５\n{ROOT}\n",
        f"origin\n{'9' * 20}\n{ROOT}\n",
        "origin\n5\nAAAA\n",
        f"origin\n5\n{ROOT[:-1]}\n",
        f"origin\n5\n{ROOT}\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(wrong: str) -> None:
    with pytest.raises(BadNote):
        parse_checkpoint(Note(wrong, SIGNED.signatures))


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "name",
        "name+00000000",
        str(SIGNER.key).replace(NAME, "other"),
        str(SIGNER.key)[:-4],
        str(SIGNER.key).replace("+AQ", "+Ag"),
    ],
)
def test_what_is_no_verifier_key_is_refused(wrong: str) -> None:
    with pytest.raises(BadNote):
        parse_key(wrong)


@given(st.text())
def test_nothing_but_a_bad_note_is_said_of_any_text(text: str) -> None:
    for read in (parse_note, parse_signature, parse_key):
        try:
            read(text)
        except BadNote:
            continue


def test_the_private_key_follows_the_rule_of_the_page() -> None:
    # HKDF-SHA256(ikm, salt = none, info = "igp-signing/1", 32) with the library's own HKDF.
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    from ledger.encryption import extract

    seed = HKDF(SHA256(), 32, None, b"igp-signing/1").derive(SEED)
    assert signing_key(extract(SEED)).private_bytes_raw() == seed
