"""The network is off: a test that opens a connection to another machine fails.

Programs that a test starts are processes of their own and are not watched.
"""

import ipaddress
import sys


class NetworkIsOff(Exception):
    """A test tried to reach another machine. Serve what it needs from the loopback address."""


def _refuse_other_machines(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    # Addresses of other families (Unix sockets) are no tuple.
    if isinstance(address, tuple) and not _is_local(str(address[0])):
        raise NetworkIsOff("tests reach no other machine")


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


sys.addaudithook(_refuse_other_machines)
