"""The head of every page: who looks at it, and where one can go, by what one is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from api.account_items import OfficeItem
from api.house import House
from api.student_items import offices
from api.viewer import Viewer
from domain.labels import ROLES
from projections import directory


@dataclass(frozen=True)
class Myself:
    """Whose page it is, as its head says."""

    viewer: Viewer
    name: str = field(repr=False)
    organisation: OfficeItem
    roles: tuple[str, ...]

    @property
    def role_names(self) -> str:
        return "、".join(ROLES.get(role, role) for role in self.roles)

    def is_one_of(self, *roles: str) -> bool:
        return any(role in self.roles for role in roles)


def myself(house: House, viewer: Viewer) -> Myself:
    """The account of the viewer. Nobody's record is read: it is the viewer's own."""
    with viewer.looking(house) as connection:
        card = directory.account(connection, viewer.account_id)
        known = offices(connection)
    if card is None:
        return Myself(viewer, "", OfficeItem(code="", name=""), ())
    name = str(house.opener.of_account(viewer.account_id, card.row["name"]))
    nowhere = OfficeItem(code="", name="")
    return Myself(viewer, name, known.get(card.organisation, nowhere), tuple(card.row["roles"]))


@dataclass(frozen=True)
class Place:
    """A place of the navigation; `marks` are the beginnings of further paths that belong to it."""

    href: str
    label: str
    shown: Callable[[Myself], bool]
    marks: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a page lies in this place."""
        if self.href == "/":
            return path == "/"
        return any(path == one or path.startswith(f"{one}/") for one in (self.href, *self.marks))


def _works(me: Myself) -> bool:
    """Whether somebody does an office; a student reads the own courses."""
    return not me.is_one_of("student")


#: Who works in the programmes; teachers write the guidance plans of placed pupils.
_IN_PROGRAMMES = (
    "teacher",
    "school_administrator",
    "authority_administrator",
    "organiser",
    "council_member",
)

#: In the order in which they stand. What a person has no use for is not there.
PLACES: tuple[Place, ...] = (
    Place("/", "工作清單", _works),
    Place(
        "/students",
        "學生",
        _works,
        ("/search", "/sections", "/course-templates", "/me/shared-courses"),
    ),
    Place("/me/courses", "我的課程目標", lambda me: not _works(me)),
    Place(
        "/school",
        "學校人員",
        lambda me: me.is_one_of("school_administrator", "authority_administrator"),
    ),
    Place("/programmes", "鑑定計畫", lambda me: me.is_one_of(*_IN_PROGRAMMES)),
    Place("/fill-status", "填報情形", lambda me: me.is_one_of("authority_administrator")),
    Place("/changes", "異動報表", lambda me: not me.is_one_of("student", "reviewer")),
    Place(
        "/disputes",
        "爭議案",
        lambda me: me.is_one_of("authority_administrator", "school_administrator", "reviewer"),
    ),
    Place(
        "/me/notes",
        "我的輔導紀錄",
        lambda me: me.is_one_of("teacher"),
        ("/me/participant-options",),
    ),
)


def places(me: Myself) -> list[Place]:
    return [place for place in PLACES if place.shown(me)]
