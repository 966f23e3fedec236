"""Every view of the house, as the runner, a rebuild and the tests know them."""

from ledger.keys import Keyring
from projections.access_log import AccessLogView
from projections.changes import ChangesView
from projections.course_templates import CourseTemplatesView
from projections.directory import DirectoryView
from projections.disputes import DisputesView
from projections.erasures import ErasuresView
from projections.fill_status import FillStatusView
from projections.marks import MarksView
from projections.own_notes import OwnNotesView
from projections.participant_options import ParticipantOptionsView
from projections.placements import PlacementsView
from projections.plan_records import PlanRecordsView
from projections.processes import ProcessesView
from projections.programmes import ProgrammesView
from projections.reach import ReachView
from projections.school_scans import SchoolScansView
from projections.scope_map import ScopeMapView
from projections.tree import TreeView
from projections.view import View


def all_views(keyring: Keyring) -> list[View]:
    """One of each; `keyring` is for what authors keep for themselves, which alone is encrypted
    anew."""
    return [
        ChangesView(),
        ReachView(),
        DirectoryView(),
        ErasuresView(),
        PlacementsView(),
        MarksView(),
        ProgrammesView(),
        ProcessesView(),
        SchoolScansView(),
        DisputesView(),
        PlanRecordsView(),
        CourseTemplatesView(),
        FillStatusView(),
        AccessLogView(),
        OwnNotesView(keyring),
        ParticipantOptionsView(keyring),
    ]


def sealing_views(keyring: Keyring) -> list[View]:
    """Those that the sealer builds and nobody waits for: trees, chains and the map of scopes."""
    return [TreeView("records"), TreeView("access"), ScopeMapView(keyring)]
