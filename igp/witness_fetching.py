"""`igp witness --fetch`: a witness gets the newest checkpoint over the ledger's own HTTP door.

For a ledger that sends to nobody. What is got is judged and kept as what is submitted
(`igp.witness`), and the cosignature is printed.
"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from igp.terminal import NO, Failed, ask_password, say, tell
from igp.witness import MOST_BYTES, Answer, Witness
from igp.witness_serving import Asked, opened
from ledger.signed_note import BadNote, Checkpoint, Note, parse_checkpoint, parse_note

ANSWER_SECONDS = 10.0
_OURS = ("127.0.0.1", "::1", "localhost")

_REFUSED: Mapping[int, str] = {
    403: "檢查點不是這把查核金鑰簽署的。請確認 --log 的金鑰與該機關公布的相同。",
    404: "這是另一個紀錄簿的檢查點。請以 --log 指定它的查核金鑰。",
    409: "拒絕：檢查點與先前見證過的不一致（筆數較少，或同一大小有兩種內容）。",
    422: "拒絕：檢查點不延續先前見證過的內容。",
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the address that was named, and to no other."""

    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


@dataclass
class Door:
    """The HTTP door of a ledger, signed in to."""

    address: str
    token: str = field(default="", repr=False)

    def sign_in(self, username: str, password: str) -> None:
        """Raises `Failed`."""
        form = urlencode({"username": username, "password": password}).encode()
        try:
            self.token = str(json.loads(self._ask("POST", "/token", form))["access_token"])
        except (ValueError, LookupError, TypeError):
            raise self.not_a_ledger() from None

    def sign_out(self) -> None:
        self._ask("DELETE", "/token")

    def checkpoint(self) -> Note:
        """The newest signed checkpoint of the records. Raises `Failed`."""
        try:
            return parse_note(self._ask("GET", "/ledger/records/checkpoint"))
        except BadNote:
            raise self.not_a_ledger() from None

    def path(self, old: int, new: int) -> str:
        """The consistency proof between two sizes, a hash a line. Raises `Failed`."""
        query = urlencode({"from": old, "to": new})
        return self._ask("GET", f"/ledger/records/consistency?{query}")

    def not_a_ledger(self) -> Failed:
        return Failed(f"{self.address} 的回答不是紀錄簿的檢查點。請確認網址。")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> str:
        request = urllib.request.Request(f"{self.address}/api/v1{path}", body, method=method)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with _opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return str(answer.read(MOST_BYTES).decode())
        except urllib.error.HTTPError as error:
            with error:
                raise Failed(_told(self.address, error.code)) from None
        except UnicodeDecodeError:
            raise self.not_a_ledger() from None
        except TimeoutError:
            raise Failed(f"{self.address} 在 {ANSWER_SECONDS:.0f} 秒內沒有回應。") from None
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLError):
                raise Failed(f"{self.address} 的憑證無法驗證，沒有送出任何資料。") from None
            if isinstance(error.reason, TimeoutError):
                raise Failed(f"{self.address} 在 {ANSWER_SECONDS:.0f} 秒內沒有回應。") from None
            raise Failed(
                f"無法連線到 {self.address}。請確認網址、網路，以及對方的系統已經啟動。"
            ) from None
        except (OSError, ValueError):
            raise Failed(f"與 {self.address} 的連線中斷，請稍候再執行。") from None


def fetch_witnessed(asked: Asked, address: str, username: str | None) -> None:
    """`igp witness --fetch`: once, and says what was cosigned. Raises `Failed`."""
    door = door_of(address)
    if username is None:
        raise Failed("請以 --as 指定在該紀錄簿的帳號；任何能登入的帳號都可以。")
    with opened(asked) as (witness, _):
        door.sign_in(username, ask_password(f"{username} 的密碼"))
        try:
            said, line = fetch(witness, door)
        finally:
            with suppress(Failed):
                door.sign_out()
        tell(f"已見證到第 {said.size} 筆：{said.origin}")
        say(line)


def door_of(address: str) -> Door:
    """The door at an address as it was typed. Raises `Failed`."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise Failed("--fetch 請指定紀錄簿的網址，例如 https://ledger.example.gov.tw。")
    if parts.scheme == "http" and parts.hostname not in _OURS:
        raise Failed("密碼不可經由未加密的連線送出。請使用 https:// 的網址。")
    return Door(address.rstrip("/").removesuffix("/api/v1"))


def fetch(witness: Witness, door: Door) -> tuple[Checkpoint, str]:
    """The newest checkpoint, kept and cosigned, and the line of the cosignature.

    Raises `Failed`: with status 1 where it does not continue what was cosigned before; then
    both are kept as evidence.
    """
    note = door.checkpoint()
    try:
        said = parse_checkpoint(note)
        last = witness.last(said.origin)
    except BadNote:
        raise door.not_a_ledger() from None
    old = 0 if last is None else last.size
    # Of a book that has become shorter no path is asked: the witness refuses, and keeps both.
    path = door.path(old, said.size) if 0 < old < said.size else ""
    # Cosignatures of others are theirs.
    own = Note(note.text, note.signatures[:1])
    answer = witness.add(f"old {min(old, said.size)}\n{path}\n{own}".encode())
    if answer.status != 200:
        raise _refusal(answer)
    return said, answer.text.rstrip("\n")


def _refusal(answer: Answer) -> Failed:
    words = _REFUSED.get(answer.status, "檢查點的形式不正確，沒有見證。")
    if answer.status in (409, 422):
        words += "雙方的檢查點已保存在 evidence 資料夾，請通知主管機關。"
    return Failed(words, NO)


def _told(address: str, status: int) -> str:
    match status:
        case 401:
            return "帳號或密碼不正確，或已被暫停登入。"
        case 403:
            return "無法登入。請確認網址；帳號的教師資料不完整時，請先登入網頁補填。"
        case 404:
            return f"{address} 還沒有檢查點，或不是紀錄簿的網址。"
    return f"{address} 現在無法回答（HTTP {status}），請稍候再執行。"
