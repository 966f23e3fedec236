"""`.../courses/{id}/shares`: a course goal is opened to a teacher by name (IGP manual 2.5)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.audit import record_list
from api.course_goals import Seen, account_named, course_seen, permit_owner, version_of
from api.course_items import CourseItem, Courses, Sort, course_item, open_stage
from api.house import House
from api.http import Posted, PostedChange, response_of, writes
from api.paging import Cursor, Limit, sorted_page
from api.viewer import SignedIn, TheHouse, Viewer
from domain import case_manager, course_share, dispatch
from domain.case_manager import Kind, appointment_id
from domain.command import Actor
from domain.course_share import EndShare, Relation, ShareCourse
from domain.dispatch import dispatch_id
from domain.section_record import evolve
from ledger.standing import unmoved
from projections import plan_records
from projections.plan_fold import LIVE

router = APIRouter(tags=["plan"])

_SHARES = "/students/{student_id}/courses/{record_id}/shares"


class ShareEntry(Body):
    """`account` is the id or the username of a teacher of the student's school, or of an itinerant
    case manager of the student."""

    account: str
    relation: Relation


@router.post(_SHARES, **writes(ShareEntry))
def post_share(
    house: TheHouse, viewer: SignedIn, student_id: UUID, record_id: UUID, asked: Posted
) -> Response:
    """開放一位教師瀏覽這門課程；對方只能瀏覽，不能修改。"""
    return response_of(house, viewer, share(house, viewer, student_id, record_id, asked))


@router.post(_SHARES + "/{account_id}/end", **writes(Reason, 200))
def post_share_end(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    record_id: UUID,
    account_id: UUID,
    asked: PostedChange,
) -> Response:
    """結束對一位教師的分享；版本為課程的版本，須說明原因。"""
    done = end(house, viewer, student_id, record_id, account_id, asked)
    return response_of(house, viewer, done)


@router.get("/me/shared-courses")
def list_shared_courses(
    house: TheHouse,
    viewer: SignedIn,
    sort: Annotated[Sort, Query()] = "created_at",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Courses:
    """其他教師開放給自己瀏覽的課程。"""
    page, after = sorted_page(
        house,
        viewer,
        shared_with(house, viewer),
        sort,
        what="shared-courses",
        wanted={},
        limit=limit,
        cursor=cursor,
    )
    return Courses(items=page, next_cursor=after)


def share(house: House, viewer: Viewer, student_id: UUID, record_id: UUID, asked: Asked) -> Done:
    """The opening of a course to somebody, from a `ShareEntry`."""

    def decide(acting: Acting, seen: Seen, actor: Actor, given: ShareEntry) -> Decided:
        person = account_named(acting, given.account)
        command = ShareCourse(
            actor=actor,
            account=person,
            itinerant=person is not None and _visits(acting, student_id, person.account_id),
            relation=given.relation,
            student_organisation_id=seen.student.organisation_id,
        )
        known = acting.known(evolve, record_id)
        sharing = acting.state(course_share.evolve, record_id)
        event = course_share.share(known, sharing, command)
        versions = {student_id: seen.student.version}
        if person is not None:
            versions[person.account_id] = person.version
        return Decided((event,), record_id, event.originator_version, after=unmoved(versions))

    deed = Deed(
        what="course.share",
        body=ShareEntry,
        see=lambda acting: course_seen(acting, student_id, record_id),
        permit=permit_owner("edit"),
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def end(
    house: House,
    viewer: Viewer,
    student_id: UUID,
    record_id: UUID,
    account_id: UUID,
    asked: Asked,
) -> Done:
    """The end of a share from a `Reason`."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: Reason) -> Decided:
        command = EndShare(actor=actor, reason=given.reason, account_id=account_id)
        known = acting.known(evolve, record_id)
        sharing = acting.state(course_share.evolve, record_id)
        event = course_share.end_share(known, sharing, command)
        return Decided((event,), record_id, event.originator_version)

    deed = Deed(
        what="course.end-share",
        body=Reason,
        see=lambda acting: course_seen(acting, student_id, record_id),
        permit=permit_owner("edit"),
        version=version_of,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def shared_with(house: House, viewer: Viewer) -> list[CourseItem]:
    """The courses opened to the viewer; recorded. Of the students it says their ids alone."""
    courses = sorted(one.course for one in viewer.relations if one.course is not None)
    items = []
    with viewer.looking(house) as connection:
        for course in courses:
            known = plan_records.record(connection, course)
            if known is None or known.status != LIVE:
                continue
            if str(viewer.account_id) in known.row.get("shares", {}):
                stage = open_stage(house, viewer, known.student)
                items.append(course_item(house, connection, known, stage))
    students = list(dict.fromkeys(one.student_id for one in items))
    record_list(house, viewer, "shared-courses", students)
    return items


def _visits(acting: Acting, student_id: UUID, account_id: UUID) -> bool:
    """Whether the account is an itinerant case manager to whom the student is dispatched."""
    sent = acting.state(dispatch.evolve, dispatch_id(student_id, account_id))
    appointed = acting.state(case_manager.evolve, appointment_id(account_id, Kind.ITINERANT))
    return (
        sent is not None
        and sent.live
        and sent.kind is Kind.ITINERANT
        and appointed is not None
        and appointed.live
    )
