"""Every view of the house, as the runner, a rebuild and the tests know them."""

from ledger.keys import Keyring
from projections.access_log import AccessLogView
from projections.changes import ChangesView
from projections.course_templates import CourseTemplatesView
from projections.directory import DirectoryView
from projections.fill_status import FillStatusView
from projections.own_notes import OwnNotesView
from projections.participant_options import ParticipantOptionsView
from projections.placements import PlacementsView
from projections.plan_records import PlanRecordsView
from projections.reach import ReachView
from projections.view import View


def all_views(keyring: Keyring) -> list[View]:
    """One of each; `keyring` is for what authors keep for themselves, which alone is encrypted
    anew."""
    return [
        ChangesView(),
        ReachView(),
        DirectoryView(),
        PlacementsView(),
        PlanRecordsView(),
        CourseTemplatesView(),
        FillStatusView(),
        AccessLogView(),
        OwnNotesView(keyring),
        ParticipantOptionsView(keyring),
    ]
