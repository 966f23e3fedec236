"""A wire between program and server that can be cut after a request has gone through."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.database import Database


class Wire:
    """Carries every connection to the server until `cut`.

    A cut connection ends for the program at once, while the server's side of it lives on until
    the server itself is done, as when a cable is pulled: nobody tells the program what became of
    its commit.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._deaf: set[socket.socket] = set()
        self._word: bytes | None = None
        self._closed = False
        self._lock = threading.Lock()
        self.heard = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, word: bytes) -> None:
        """The connection that next carries `word` is cut as soon as the server has it."""
        self.heard.clear()
        self._word = word

    def close(self) -> None:
        _end(self._listener, socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            self._closed = True
            for pair in self._pairs:
                for end in pair:
                    _end(end, socket.SHUT_RDWR)
                    end.close()

    def _accept(self) -> None:
        while True:
            try:
                program, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            with self._lock:
                if self._closed:
                    program.close()
                    server.close()
                    return
                self._pairs.append((program, server))
            threading.Thread(target=self._ask, args=(program, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(program, server), daemon=True).start()

    def _ask(self, program: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := program.recv(65536):
                word = self._word
                # Bytes go over the wire as they are or in hexadecimal digits.
                cut = word is not None and (word in data or word.hex().encode() in data)
                if cut:
                    self._word = None
                    self._deaf.add(program)
                server.sendall(data)
                if cut:
                    program.shutdown(socket.SHUT_RDWR)
                    self.heard.set()
                    return
        _end(server, socket.SHUT_WR)

    def _answer(self, program: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if program not in self._deaf:
                    program.sendall(data)
        _end(program, socket.SHUT_RDWR)


def _end(connection: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(how)


@contextmanager
def torn_wire(database: Database) -> Iterator[tuple[Wire, Database]]:
    """A wire to the server of a database, and the database as it is reached through it."""
    parts = conninfo_to_dict(database.admin)
    wire = Wire(str(parts["host"]), int(str(parts["port"])))
    try:
        yield (
            wire,
            Database(
                make_conninfo(database.admin, port=wire.port),
                database.passwords,
                roles_of=database.roles_of or database.name,
            ),
        )
    finally:
        wire.close()
