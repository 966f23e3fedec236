"""People at the provider that a county signs in with."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
from pydantic import SecretStr

from api.openid import Provider
from api.openid_client import AuthlibOpenId

LABEL = "教育雲端帳號"
#: Nobody listens there.
CLOSED_PORT = 9


@dataclass(frozen=True)
class Identities:
    """A real provider of OpenID Connect; `ports` are those of `tests.openid_server`."""

    ports: Mapping[str, int]

    def client(self, which: str = "sound", port: int | None = None, end: str = "") -> AuthlibOpenId:
        """Our side of it."""
        issuer = f"http://127.0.0.1:{port or self.ports[which]}{end}"
        provider = Provider(issuer, "igp", SecretStr("a-secret-of-ours"), LABEL, "openid")
        return AuthlibOpenId(provider)

    @staticmethod
    def answer(leaving: str, subject: str, **changed: str) -> str:
        """Where the provider sends somebody back to who signs in there as `subject`; `changed` is
        asked of it in place of what we asked."""
        parts = urlsplit(leaving)
        asked = dict(parse_qsl(parts.query)) | changed
        url = parts._replace(query=urlencode(asked)).geturl()
        answer = httpx2.post(url, data={"sub": subject}, verify=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@contextmanager
def identities() -> Iterator[Identities]:
    """The provider, as a process that ends with the block."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.openid_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Identities(json.loads(process.stdout.readline()))
        process.stdin.close()
