"""Every version of a view after its first says why it says other things, and where it may."""

from ledger.ledger import Ledger
from projections.all_views import all_views, sealing_views


def test_every_later_version_of_a_view_declares_what_may_differ(ledger: Ledger) -> None:
    """A view that gets a new version gets an entry of `revisions` as well, or a ledger of the
    version before refuses to start with it (docs/decisions/rebuilding-views.md)."""
    for view in (*all_views(ledger.keyring), *sealing_views(ledger.keyring)):
        assert sorted(view.revisions) == list(range(2, view.version + 1)), view.name
        for revision in view.revisions.values():
            assert revision.reason
            assert set(revision.tables) <= set(view.tables), view.name
        assert set(view.comparable) <= set(view.tables), view.name
