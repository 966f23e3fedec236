"""Ids that follow from a natural key are stored for good."""

from uuid import UUID, uuid5

from domain.stream_ids import NAMESPACE, natural_id

STUDENT = UUID("0b0c9d52-7d1e-4f0a-8f4e-9a1f5f7f2c11")


def test_an_id_of_a_natural_key_is_uuid5_of_its_parts_joined_by_colons() -> None:
    assert natural_id("plan", STUDENT) == uuid5(NAMESPACE, f"plan:{STUDENT}")
    assert natural_id("section", "資優", 113) == uuid5(NAMESPACE, "section:資優:113")
    assert natural_id("plan", STUDENT) == UUID("ebe766f7-14bc-5dca-9e6c-650a344c11f0")
