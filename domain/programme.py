"""A programme is published as an event, so that a decision can be explained by the rules in force.

The stream of a programme has a version for every text that was published; a decision names the
version it was counted by.
"""

import hashlib
from importlib.resources import files
from uuid import UUID

from pydantic import BaseModel

from domain.command import Command
from domain.event import Event
from domain.labels import name_section
from domain.processes import check_steps
from domain.programme_check import check
from domain.programme_rules import Programme, ProgrammeNotValid, read, read_again
from domain.refusal import NotFound
from domain.rules import permit_authority
from domain.stream_ids import natural_id

name_section(
    "programme",
    {
        "code": "計畫代碼",
        "name": "計畫名稱",
        "school_year": "學年度",
        "text": "計畫內容",
        "digest": "內容摘要值",
    },
    {},
)


def programme_id(code: str) -> UUID:
    """The stream of a programme."""
    return natural_id("programme", code)


class ProgrammePublished(Event):
    """From now on these are the rules. `digest` is the SHA-256 of the text's UTF-8, in hex."""

    TOPIC = "programme.published.v1"

    code: str
    name: str
    school_year: int
    text: str
    digest: str


class Edition(BaseModel, frozen=True):
    """One published text, by the version of its event."""

    version: int
    text: str
    digest: str

    @property
    def programme(self) -> Programme:
        return read_again(self.text)


class Published(BaseModel, frozen=True):
    """A programme with every text that was in force, the newest last."""

    version: int
    code: str
    editions: tuple[Edition, ...]

    @property
    def newest(self) -> Edition:
        return self.editions[-1]

    def edition(self, version: int) -> Edition:
        """The text with this version. Raises `NotFound`."""
        for one in self.editions:
            if one.version == version:
                return one
        raise NotFound


def evolve(published: Published | None, event: Event) -> Published:
    match event:
        case ProgrammePublished():
            edition = Edition(
                version=event.originator_version, text=event.text, digest=event.digest
            )
            earlier = () if published is None else published.editions
            return Published(
                version=event.originator_version, code=event.code, editions=(*earlier, edition)
            )
    raise TypeError(f"{event.TOPIC} does not belong to a programme")


class PublishProgramme(Command):
    text: str


def publish(published: Published | None, command: PublishProgramme) -> ProgrammePublished | None:
    """The event, or None where the newest text is the same already.

    Raises `NotAllowed`, `ProgrammeNotValid`.
    """
    permit_authority(command.actor)
    programme = read(command.text)
    if published is not None and published.code != programme.code:
        raise ProgrammeNotValid(field="text")
    check_steps(programme)
    check(programme)
    digest = hashlib.sha256(command.text.encode()).hexdigest()
    if published is not None and published.newest.digest == digest:
        return None
    version = 1 if published is None else published.version + 1
    return ProgrammePublished(
        **command.envelope(programme_id(programme.code), version),
        code=programme.code,
        name=programme.name,
        school_year=programme.school_year,
        text=command.text,
        digest=digest,
    )


def shipped() -> tuple[str, ...]:
    """The codes of the programmes that come with the program; none is in force until published."""
    folder = files("domain") / "programmes"
    names = (one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return tuple(sorted(name.removesuffix(".toml") for name in names))


def shipped_text(code: str) -> str:
    """The TOML text of a programme that comes with the program. Raises `NotFound`."""
    if code not in shipped():
        raise NotFound
    return (files("domain") / "programmes" / f"{code}.toml").read_text(encoding="utf-8")
