"""The embedded database dies while `igp serve` runs: the program starts it again and goes on."""

import os
import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from igp.embedded_cluster import lives, load, postmaster
from tests.county import County
from tests.faults.test_killed_under_load import Client, Town
from tests.igp.test_serving import alive, has_server, ready, wait_for

KILLS = 2


@pytest.mark.timeout(300)
def test_writes_succeed_again_after_the_server_was_killed_without_a_restart_of_the_program(
    folder: Path, county: County
) -> None:
    town = Town(folder)
    path = f"/students/{county.students['a1']}/placements"
    client = Client(town, county.tokens["a-cm"], path, "placement", threading.Event())
    try:
        program, address = town.program.process.pid, town.address
        written = [client.until_acknowledged("before")]
        for kill in range(1, KILLS + 1):
            pid = postmaster(load(folder / "postgres"))
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            wait_for(partial(_restarted, folder, pid))
            written.append(client.until_acknowledged(f"after kill {kill}"))
        wait_for(lambda: ready(address))
        assert alive(program)
        assert {item["id"] for item in client.listed()} >= set(written)
    finally:
        town.close()
    # The end of the program is the end of the server that it started again.
    assert not has_server(folder)
    assert not lives(load(folder / "postgres"))


def _restarted(folder: Path, killed: int) -> bool:
    """Whether another server runs, whichever process of the program missed the dead one first."""
    return postmaster(load(folder / "postgres")) not in (None, killed)
