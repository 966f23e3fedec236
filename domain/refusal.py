"""Why a deed is refused. The code is part of the public contract, the words are for the person."""

from typing import ClassVar


class Refusal(Exception):
    """A rule refuses the command. Nothing was recorded.

    `CODE` is stable kebab-case English, `STATUS` the HTTP status it answers with (contract 2),
    `TITLE` the sentence for the person. An argument, where given, is a second sentence that
    says what to do; it never holds personal data or note text.
    """

    CODE: ClassVar[str] = "refused"
    STATUS: ClassVar[int] = 409
    TITLE: ClassVar[str] = "無法完成這項作業"

    def __init__(self, detail: str | None = None, field: str | None = None) -> None:
        super().__init__(detail or self.TITLE)
        self.detail = detail or self.TITLE
        self.field = field


class NotAllowed(Refusal):
    """A deed refused on a thing the person may see."""

    CODE = "not-allowed"
    STATUS = 403
    TITLE = "您沒有這項作業的權限"


class NotYoursToBegin(NotAllowed):
    """Somebody may change a record of the section and not begin one (IGP manual AMB-04)."""

    def __init__(self) -> None:
        super().__init__("這個項目還沒有資料，請由個案管理教師或資優班導師先填寫，之後您可以修改。")


class NotFound(Refusal):
    """For what does not exist and for what the person may not know to exist, alike."""

    CODE = "not-found"
    STATUS = 404
    TITLE = "找不到這筆資料"


class ReasonRequired(Refusal):
    """A correction of saved content or a withdrawal came without a reason (contract 2)."""

    CODE = "reason-required"
    STATUS = 422
    TITLE = "請說明修改或刪除的原因"

    def __init__(self) -> None:
        super().__init__(field="reason")


class StaleVersion(Refusal):
    """The record changed after the person had loaded it."""

    CODE = "stale-version"
    STATUS = 412
    TITLE = "這筆資料已被更新，請重新載入後再修改"

    def __init__(self, current: int) -> None:
        super().__init__(f"這筆資料目前是第 {current} 版，請重新載入後再修改。")
        self.current = current


class NotValid(Refusal):
    """A value that cannot be accepted, with the field it stands in."""

    CODE = "not-valid"
    STATUS = 422
    TITLE = "資料不正確"


class NothingSelected(NotValid):
    """An act on the rows of a list came without a row (IGP-134)."""

    CODE = "nothing-selected"
    TITLE = "請先選取至少一列"


class AlreadyWithdrawn(Refusal):
    """The record was withdrawn; a withdrawn record does not change any more."""

    CODE = "already-withdrawn"
    TITLE = "這筆資料已刪除，不能再修改"
