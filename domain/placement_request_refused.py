"""What a request about a placement is refused for."""

from domain.labels import BODIES
from domain.refusal import NotValid, Refusal


class PlacementRequestAlreadyRecorded(Refusal):
    CODE = "placement-request-already-recorded"
    TITLE = "這件申請已經填寫過了"


class RequestAlreadyOpen(Refusal):
    CODE = "request-already-open"
    TITLE = "這筆安置已有辦理中的申請，請先完成或撤回那件申請"


class RequestNotOpen(Refusal):
    """The request was completed, refused or withdrawn."""

    CODE = "request-not-open"
    TITLE = "這件申請已經結束，不能再變更"


class NewPlacementRequired(NotValid):
    CODE = "new-placement-required"
    TITLE = "申請重新安置，請填寫新的安置"


class NewPlacementNotExpected(NotValid):
    CODE = "new-placement-not-expected"
    TITLE = "申請放棄安置，不需填寫新的安置"


class OutcomeNotOfThisBody(NotValid):
    """The body has no such act here, as a committee that consents or a bureau that passes."""

    CODE = "outcome-not-of-this-body"
    TITLE = "這個單位在這類申請中不會作成這種結果"


class NotThisBodysTurn(Refusal):
    CODE = "not-this-bodys-turn"
    TITLE = "還沒輪到這個單位作成決定"

    def __init__(self, whose: str) -> None:
        super().__init__(f"目前輪到{BODIES[whose]}作成決定，請先填寫該單位的結果。", field="body")
        self.whose = whose
