"""The view of course templates on a real database: each its maker's alone."""

from collections.abc import Iterator
from uuid import UUID

from domain.course_template import (
    CourseTemplateRenamed,
    CourseTemplateSaved,
    CourseTemplateWithdrawn,
)
from ledger.database import Pool
from ledger.ledger import Ledger, Recorded
from ledger.mapper import Stored
from ledger.opening import Opener
from projections.course_templates import CourseTemplatesView, StoredTemplate, templates_of
from projections.runner import Runner
from projections.view import View
from projections.viewer import viewing
from tests.projections.view_case import ViewCase, record_of
from tests.story import Story

ROWS = (
    {"component": "core", "learning_performance": "n-II-1", "assessment_methods": ("dynamic",)},
)


def saved(story: Story, owner: UUID, name: str = "數學專題") -> UUID:
    made = story.new_id()
    story.record(
        CourseTemplateSaved,
        made,
        by=owner,
        account_id=owner,
        name=name,
        subject="mathematics",
        teaching_model="parallel_curriculum",
        course_name="數學專題",
        rows=ROWS,
    )
    return made


def renamed(story: Story, template: UUID, owner: UUID, name: str) -> Recorded:
    return story.record(CourseTemplateRenamed, template, by=owner, account_id=owner, name=name)


def withdrawn(story: Story, template: UUID, owner: UUID) -> Recorded:
    return story.record(CourseTemplateWithdrawn, template, by=owner, account_id=owner)


class TestCourseTemplatesView(ViewCase):
    def view(self, ledger: Ledger) -> View:
        return CourseTemplatesView()

    def tell(self, story: Story) -> Iterator[object]:
        school = story.organisation("a")
        one, other = story.account(school), story.account(school)
        first = saved(story, one)
        yield saved(story, other)
        yield renamed(story, first, one, "改名")
        second = saved(story, one)
        renamed(story, second, one, "第二個")
        yield withdrawn(story, first, one)

    def broken(self, story: Story) -> Stored:
        # Of a template that nobody saved.
        return record_of("course-template.withdrawn.v1", account_id=UUID(int=9))


def seen(runner: Runner, reader: Pool, viewer: UUID) -> list[StoredTemplate]:
    runner.catch_up()
    with viewing(reader, viewer, []) as connection:
        return templates_of(connection)


def test_a_template_is_read_by_its_maker_and_by_nobody_else(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    school = story.organisation("a")
    maker, colleague = story.account(school), story.account(school)
    template = saved(story, maker)
    [found] = seen(runner, reader, maker)
    assert (found.template_id, found.owner, found.version) == (template, maker, 1)
    assert found.row["subject"] == "mathematics"
    opener = Opener(ledger.keyring)
    assert opener.of_account(maker, found.row["name"]) == "數學專題"
    [row] = opener.of_account(maker, found.row["rows"])
    assert row == {**ROWS[0], "assessment_methods": ["dynamic"]}
    assert seen(runner, reader, colleague) == []
    with reader.connection() as connection:
        asked = "SELECT count(*) FROM views.course_template"
        assert connection.execute(asked).fetchone() == (0,)


def test_a_template_has_its_last_name_and_goes_when_it_is_withdrawn(
    ledger: Ledger, runner: Runner, reader: Pool
) -> None:
    story = Story(ledger)
    maker = story.account(story.organisation("a"))
    first, second = saved(story, maker, "甲"), saved(story, maker, "乙")
    renamed(story, first, maker, "丙")
    opener = Opener(ledger.keyring)
    names = [opener.of_account(maker, one.row["name"]) for one in seen(runner, reader, maker)]
    assert names == ["丙", "乙"]
    withdrawn(story, first, maker)
    assert [one.template_id for one in seen(runner, reader, maker)] == [second]
