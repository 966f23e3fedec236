"""Ids of streams that follow from a natural key, so that two commands meet in one stream."""

from uuid import UUID, uuid5

#: uuid5 of the URL namespace and "igp-ledger". Stored ids depend on it; it never changes.
NAMESPACE = UUID("763fc582-40f6-50fe-9540-d23e0ad67879")


def natural_id(*key: object) -> UUID:
    """The id of the parts joined by colons: `natural_id("plan", student)`."""
    return uuid5(NAMESPACE, ":".join(str(part) for part in key))
