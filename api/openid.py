"""What the house knows of the provider that the county signs in with (OpenID Connect).

The handshake itself is `api.openid_client`. Whatever the provider says is checked there and never
shown, logged or kept; here are our words for what went wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr
from starlette.requests import Request

from domain.refusal import Refusal


@dataclass(frozen=True)
class Provider:
    """What is set of the provider. `label` is what people call an identity there (zh-TW)."""

    issuer: str
    client_id: str
    client_secret: SecretStr
    label: str
    scopes: str


@dataclass(frozen=True)
class Shown:
    """Somebody has shown to be this subject of the provider. `wanted` is what they started for."""

    subject: str
    wanted: Mapping[str, str]


class OpenId(Protocol):
    """The handshake; what has to be known until the end of it lies in `request.session`."""

    provider: Provider

    async def start(self, request: Request, back: str, wanted: Mapping[str, str]) -> str:
        """The address at the provider to go on to, which leads to `back` afterwards. Raises
        `OpenIdFailed`."""
        ...

    async def finish(self, request: Request) -> Shown:
        """Who came back. Raises `OpenIdFailed`."""
        ...


class OpenIdFailed(Refusal):
    """Somebody did not get in by the provider; each reason has a class of its own."""

    STATUS = 403

    def __init__(self, label: str) -> None:
        super().__init__(self.WORDS.format(label=label))

    #: What to do next, with the place of the provider's label.
    WORDS = "請回到登入頁，再試一次。"


class HandshakeLost(OpenIdFailed):
    """A state that is unknown, old or another browser's: maybe somebody else's handshake."""

    CODE = "openid-handshake-lost"
    STATUS = 400
    TITLE = "登入的步驟已經逾時，或不是從這個視窗開始"
    WORDS = "請回到登入頁，重新選擇「以{label}登入」；過程請在十分鐘內完成，並只使用一個視窗。"


class ProviderDeclined(OpenIdFailed):
    CODE = "openid-declined"
    TITLE = "對方沒有完成這次登入"
    WORDS = "請回到登入頁再試一次；如果仍無法以{label}登入，請使用本系統的帳號與密碼。"


class AnswerNotValid(OpenIdFailed):
    """The token is another's, old, for another program, or not signed as it should be."""

    CODE = "openid-answer-not-valid"
    TITLE = "無法確認對方傳回的身分，沒有登入"
    WORDS = "請回到登入頁再試一次；如果一再發生，請改用本系統的帳號與密碼，並通知系統承辦人。"


class ProviderUnreachable(OpenIdFailed):
    CODE = "openid-unreachable"
    STATUS = 503
    TITLE = "目前無法連上對方的登入服務"
    WORDS = "請稍候幾分鐘再以{label}登入，或使用本系統的帳號與密碼。"


class NotLinked(OpenIdFailed):
    """One answer for an identity that nobody linked and for one whose account is closed."""

    CODE = "openid-not-linked"
    TITLE = "這個身分還沒有連結到本系統的帳號"
    WORDS = "請先以本系統帳號登入，再於「我的帳號」頁連結{label}；之後就可以用它登入。"


class NotComplete(OpenIdFailed):
    """A teacher signs in when duties, category and subjects are filled in (IGP-02)."""

    CODE = "profile-incomplete"
    TITLE = "教師資料尚未填寫完整，無法登入"
    WORDS = "請由學校補填，或以本系統的帳號與密碼登入，登入頁會列出缺少的項目。"


#: Every way in which it fails, by its code.
FAILURES: Mapping[str, type[OpenIdFailed]] = {
    one.CODE: one
    for one in (
        HandshakeLost,
        ProviderDeclined,
        AnswerNotValid,
        ProviderUnreachable,
        NotLinked,
        NotComplete,
    )
}
