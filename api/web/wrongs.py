"""What is wrong with a form: the words for its head, and for the fields they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.problems import problem_errors
from domain.refusal import Refusal, StaleVersion

#: What a program is told in its own terms, in those of a form.
_WORDS = {"not-an-instant": "請填寫日期與時間，例如 114/2/18 的 10:00。"}


@dataclass(frozen=True)
class Wrongs:
    """Why a form was refused. `fields` are messages by the name of the form's field, in the order
    in which they were found."""

    title: str = ""
    detail: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.title)

    @classmethod
    def of(cls, refusal: Refusal, strip: str = "data.") -> "Wrongs":
        """Those of a refusal. The form's names are the fields of the body, without `strip`."""
        if isinstance(refusal, StaleVersion):
            # A page loads the record anew by itself, and keeps what was typed.
            return cls(
                "您編輯期間，這筆資料已由他人更新",
                "您輸入的內容都還在，尚未儲存；請確認下方合併後的內容，再儲存一次。",
            )
        errors = problem_errors(refusal)
        fields: dict[str, str] = {}
        for one in errors:
            message = _WORDS.get(one.code, one.message)
            fields.setdefault(one.field.removeprefix(strip), message)
        return cls(refusal.TITLE, refusal.detail, fields)

    def of_field(self, name: str) -> str | None:
        """What is wrong with a field, or with what stands in it."""
        return self.fields.get(name)


NONE = Wrongs()
