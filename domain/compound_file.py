"""The names in the directory of a compound file, as Word and Excel wrote before 2007 ([MS-CFB])."""

import struct

_HEADER_BYTES = 512
_ENTRY_BYTES = 128
#: Numbers of sectors from here on mark ends and free room.
_SPECIAL = 0xFFFFFFFA


def stream_names(content: bytes) -> frozenset[str] | None:
    """The names of its streams and storages; None where its directory cannot be followed."""
    if len(content) < _HEADER_BYTES:
        return None
    (shift,) = struct.unpack_from("<H", content, 30)
    if shift not in (9, 12):
        return None
    size = 1 << shift
    table = _allocation(content, size)
    if table is None:
        return None
    (sector,) = struct.unpack_from("<I", content, 48)
    names: set[str] = set()
    seen: set[int] = set()
    while sector < _SPECIAL:
        at = (sector + 1) * size
        # A chain that leads back, or out of the file, has no end.
        if sector in seen or sector >= len(table) or at + size > len(content):
            return None
        seen.add(sector)
        for entry in range(at, at + size, _ENTRY_BYTES):
            name = _name(content, entry)
            if name:
                names.add(name)
        sector = table[sector]
    return frozenset(names)


def _name(content: bytes, at: int) -> str | None:
    """The name of an entry that is a storage (1) or a stream (2)."""
    (length,) = struct.unpack_from("<H", content, at + 64)
    if content[at + 66] not in (1, 2) or not 2 <= length <= 64:
        return None
    return content[at : at + length - 2].decode("utf-16-le", "replace")


def _allocation(content: bytes, size: int) -> tuple[int, ...] | None:
    """The table that says which sector follows which."""
    each = size // 4
    places = list(struct.unpack_from("<109I", content, 76))
    more, count = struct.unpack_from("<II", content, 68)
    for _ in range(count):
        if more >= _SPECIAL:
            break
        at = (more + 1) * size
        if at + size > len(content):
            return None
        *further, more = struct.unpack_from(f"<{each}I", content, at)
        places += further
        if len(places) * size > len(content) + 109 * size:
            return None
    table: list[int] = []
    for place in places:
        if place >= _SPECIAL:
            continue
        at = (place + 1) * size
        if at + size > len(content):
            return None
        table += struct.unpack_from(f"<{each}I", content, at)
    return tuple(table)
