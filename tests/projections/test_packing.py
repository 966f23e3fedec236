"""What a view packs comes out as it went in, and says nothing twice."""

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from domain.placement import PlacementCorrected, PlacementRecorded
from ledger.encryption import encrypt
from projections.packing import pack, unpack

RECORD, OTHER = uuid4(), uuid4()
TEXT = encrypt(bytes(32), bytes(12), b"", "抽離式，每週三節")


def ciphertext(
    field: str, *, event: UUID, stream: UUID = RECORD, version: int = 1, text: str = TEXT
) -> dict[str, Any]:
    return {"#": text, "of": [str(event), str(stream), version, PlacementRecorded.TOPIC, field]}


FIRST, SECOND = uuid4(), uuid4()
VALUES = {
    "without_ciphertext": {"area": "英語", "grade": 6, "none": None, "list": [1, {"a": True}]},
    "under_its_own_name": {"arrangement": ciphertext("arrangement", event=FIRST)},
    "under_another_name": {"reason": ciphertext("why", event=FIRST)},
    "of_two_events": {
        "fields": [
            {
                "arrangement": [
                    ciphertext("arrangement", event=FIRST),
                    ciphertext("arrangement", event=SECOND, version=2),
                ]
            },
            {"area": ["國語", "英語"]},
        ],
        "reason": ciphertext("reason", event=SECOND, version=2),
    },
    "of_another_stream": {
        "arrangement": [ciphertext("arrangement", event=FIRST, stream=OTHER), None]
    },
    "of_another_topic": {
        "reason": ciphertext("reason", event=FIRST)
        | {"of": [str(FIRST), str(RECORD), 3, PlacementCorrected.TOPIC, "reason"]}
    },
    "a_list": [ciphertext("a", event=FIRST), "b"],
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_what_is_packed_comes_out_as_it_went_in(value: Any) -> None:
    body = pack(RECORD, value)
    assert unpack(RECORD, body) == value
    assert orjson.dumps(unpack(RECORD, body)) == orjson.dumps(value)


@pytest.mark.parametrize("text", ["AB", "A", "不是", "QUJD\n", "QUJDRA==", "QUJDRB"])
def test_a_ciphertext_that_is_written_in_another_way_keeps_its_characters(text: str) -> None:
    value = {"reason": ciphertext("reason", event=FIRST, text=text), "more": TEXT}
    assert unpack(RECORD, pack(RECORD, value)) == value


def test_what_the_row_knows_is_not_written_again() -> None:
    value = VALUES["of_two_events"]
    body = pack(RECORD, value)
    assert str(RECORD).encode() not in body
    assert RECORD.bytes not in body
    assert body.count(SECOND.bytes) == 1
    assert len(body) < 0.6 * len(orjson.dumps(value))
