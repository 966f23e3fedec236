"""Whether a payer's name is a school's: money comes in the name of the school, never a person's."""

import unicodedata

#: How the kinds of schools are written short.
_SHORT = {"國民小學": "國小", "國民中學": "國中", "高級中學": "高中"}


def names_school(payer: str, school: str) -> bool:
    """Whether the name of the payer is that of the school, with or without city and district.

    `高雄市苓雅區苓洲國民小學` names `苓洲國小`; a person's name beside it names nobody.
    """
    said, known = _plain(payer), _plain(school)
    if not known:
        return False
    return said == known or (said.endswith(known) and _is_place(said.removesuffix(known)))


def _is_place(beginning: str) -> bool:
    """Whether it is a county and a district: what stands before a school's name."""
    return beginning[-1:] in {"市", "縣", "區", "鄉", "鎮", "立"}


def _plain(name: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", name).split())
    for written, short in _SHORT.items():
        plain = plain.replace(written, short)
    return plain
