"""The settings of the program, all of them: environment variables with the prefix `IGP_`.

`DATABASE_URL` alone goes without the prefix. Nothing else in the house reads the environment.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.passkey import SecondFactor
from ledger.disk_errors import why
from ledger.modes import Mode
from ledger.signed_note import COSIGNATURE, BadNote, VerifierKey, parse_key

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "IGP_"

#: The names under this prefix that the test runs read, not the program.
_OF_THE_TESTS = frozenset({"IGP_LONG", "IGP_SPECIFICATION_DIR"})


class SettingsError(Exception):
    """The settings cannot be used; the message (zh-TW) names each with its remedy."""


def _path(value: object) -> object:
    # Absolute at once, for the projector is another process and may stand elsewhere.
    return Path(value).expanduser().absolute() if isinstance(value, str | Path) else value


Folder = Annotated[Path, BeforeValidator(_path)]


class WitnessAddress(NamedTuple):
    """Where a witness of another office takes checkpoints, and its verifier key (C2SP)."""

    url: str
    key: VerifierKey


def witness_addresses(text: str | None) -> tuple[WitnessAddress, ...]:
    """`URL KEY` pairs with commas between them. Raises `ValueError`."""
    found = []
    for part in (text or "").split(","):
        if not part.strip():
            continue
        url, _, written = part.strip().partition(" ")
        parts = urlsplit(url)
        try:
            key = parse_key(written.strip())
        except BadNote:
            raise ValueError("not the key of a witness") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or key.kind != COSIGNATURE:
            raise ValueError("not a witness")
        found.append(WitnessAddress(url.rstrip("/"), key))
    if len({one.key.name for one in found}) != len(found):
        raise ValueError("one witness twice")
    return tuple(found)


def _witnesses(value: str | None) -> str | None:
    witness_addresses(value)
    return value


def _issuer(value: str | None) -> str | None:
    if value is not None:
        parts = urlsplit(value)
        # Over http alone on the same machine, to try it out.
        local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
        if not (parts.scheme == "https" or local) or not parts.hostname or parts.query:
            raise ValueError("not the address of a provider")
    return value


def _scopes(value: str) -> str:
    if "openid" not in value.split():
        raise ValueError("openid is missing")
    return value


def _command(value: str | None) -> str | None:
    # Split where it is used; quotes that do not close are told at the start.
    if value is not None:
        shlex.split(value)
    return value


class Settings(BaseSettings):
    """What can be chosen. Each description (zh-TW) is what `igp settings` says of it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
    )

    mode: Mode = Field(
        default="production",
        description="執行模式：production 正式、demo 示範、test 測試",
    )
    data_dir: Folder = Field(
        default=CHECKOUT / ".data",
        description="資料所在的資料夾：內建資料庫、金鑰、紀錄檔",
    )
    host: str = Field(default="127.0.0.1", description="網頁與 API 的網路位址")
    port: int = Field(
        default=8000, ge=0, le=65535, description="網頁與 API 的連接埠；0 表示任選一個"
    )
    metrics_port: int = Field(
        default=8001, ge=0, le=65535, description="本機量測資料（Prometheus）的連接埠；0 表示不提供"
    )
    master_key_file: Folder | None = Field(
        default=None,
        description="主金鑰檔（32 位元組）；正式模式必須指定，並另外備份",
    )
    key_dir: Folder | None = Field(
        default=None, description="金鑰所在的資料夾；未指定時為資料夾中的 keys"
    )
    log_file: str | None = Field(
        default=None,
        description="紀錄檔；未指定時為資料夾中的 igp.log，「-」表示寫到標準錯誤輸出",
    )
    test_seed: SecretStr | None = Field(
        default=None, description="只用於測試模式：亂數的種子，使識別碼與金鑰每次相同"
    )
    scan_command: Annotated[str | None, AfterValidator(_command)] = Field(
        default=None,
        description="上傳檔案時執行的掃描程式（絕對路徑與參數）：檔案由標準輸入送入，"
        "結束狀態不是 0 即拒絕；未指定時不掃描",
    )
    reference_dir: Folder | None = Field(
        default=None,
        description="主管機關自備的參考資料表所在的資料夾，例如 learning_performance.toml"
        "（課綱公布的學習表現）；啟動時讀取",
    )
    witnesses: Annotated[str | None, AfterValidator(_witnesses)] = Field(
        default=None,
        description="見證：每位為「網址 查核金鑰」，多位以逗號分隔；"
        "新的檢查點會送給對方簽署，最多每分鐘一次",
    )
    openid_issuer: Annotated[str | None, AfterValidator(_issuer)] = Field(
        default=None,
        description="以 OpenID Connect 登入時，身分提供者的網址（issuer）；未指定時不提供這種登入",
    )
    openid_client_id: str | None = Field(
        default=None, description="身分提供者給本系統的代號（client_id）"
    )
    openid_client_secret_file: Folder | None = Field(
        default=None,
        description="身分提供者給本系統的密鑰（client_secret）的檔案，只有執行的帳號可以讀取（0600）",
    )
    openid_label: str = Field(default="教育雲端帳號", description="登入頁上這種登入的名稱")
    openid_scopes: Annotated[str, AfterValidator(_scopes)] = Field(
        default="openid", description="向身分提供者要求的範圍（scope），以空白分隔；openid 即已足夠"
    )
    second_factor: SecondFactor = Field(
        default="offered",
        description="主管機關與承辦學校人員的通行金鑰：offered 自行決定，"
        "required 沒有的人登入時必須先新增",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="使用這個 PostgreSQL；未指定時使用內建的資料庫",
    )

    @property
    def simulated(self) -> bool:
        """Whether the ledger has a simulated clock (design D13)."""
        return self.mode != "production"

    @property
    def keys(self) -> Path:
        return self.key_dir or self.data_dir / "keys"

    @property
    def master_key(self) -> Path:
        """Where the master key lies. In production it is named, never chosen for anybody."""
        if self.master_key_file is not None:
            return self.master_key_file
        if not self.simulated:
            raise SettingsError(
                "正式模式必須指定主金鑰檔，沒有預設值。\n"
                "請設定 IGP_MASTER_KEY_FILE（新的紀錄簿由 igp init 建立這個檔案），"
                "並把它與資料分開備份。"
            )
        return self.data_dir / "master.key"

    @property
    def roles_file(self) -> Path:
        """The passwords of the database's roles."""
        return self.data_dir / "roles.json"

    @property
    def server_dir(self) -> Path:
        """The folder of the embedded database server."""
        return self.data_dir / "postgres"

    @property
    def restoring(self) -> Path:
        """Lies there from the begin of `igp restore` until what was restored is proved."""
        return self.data_dir / "restoring"

    @property
    def witness_list(self) -> tuple[WitnessAddress, ...]:
        return witness_addresses(self.witnesses)

    @property
    def witness_outcomes(self) -> Path:
        """What came of the last submission to each witness, for `igp status`."""
        return self.data_dir / "witnesses.json"

    @property
    def users_lock(self) -> Path:
        """Held, shared, by every process that uses the embedded server."""
        return self.data_dir / "users.lock"

    @property
    def log_path(self) -> Path | None:
        """The file of the log, or None for standard error."""
        if self.log_file == "-":
            return None
        if self.log_file is not None:
            return Path(self.log_file).expanduser().absolute()
        return self.data_dir / "igp.log"

    def dsn_given(self) -> str | None:
        """The conninfo of `DATABASE_URL`, its database named, or None where it is not set."""
        if self.database_url is None:
            return None
        try:
            parts = conninfo_to_dict(self.database_url.get_secret_value())
        except ProgrammingError:
            parts = {}
        if not parts.get("dbname"):
            raise SettingsError(
                "DATABASE_URL 不正確。請寫成 postgresql://帳號:密碼@主機:5432/資料庫名稱。"
            )
        return make_conninfo("", **parts)


class SettingShown(NamedTuple):
    """A line of `igp settings`; secrets are hidden in `value`."""

    name: str
    value: str
    origin: Literal["預設值", "環境變數", "命令列"]
    meaning: str


def load_settings(**given: Any) -> Settings:
    """The settings of this process; `given` (from the command line) goes before the environment.

    Raises `SettingsError`.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(**chosen)
    except ValidationError as error:
        lines = [_complaint(one["loc"], str(one["type"])) for one in error.errors()]
    else:
        if settings.test_seed is not None and settings.mode != "test":
            raise SettingsError("IGP_TEST_SEED 只能用於測試模式（IGP_MODE=test），請移除。")
        _check_openid(settings)
        return settings
    # Raised out here, so that no earlier error with a typed secret hangs on it.
    raise SettingsError("\n".join(lines))


def _check_openid(settings: Settings) -> None:
    """All of a provider, or nothing of it."""
    needed = ("openid_issuer", "openid_client_id", "openid_client_secret_file")
    missing = [name for name in needed if getattr(settings, name) is None]
    if missing and len(missing) < len(needed):
        raise SettingsError(
            "OpenID Connect 登入的設定不完整，還缺："
            f"{'、'.join(_variable(name) for name in missing)}。"
            "請補齊；如果不使用這種登入，請移除其他 IGP_OPENID_ 開頭的設定。"
        )


def shown(
    settings: Settings,
    given: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> list[SettingShown]:
    """Every setting with its value and where that came from."""
    present = {name.upper() for name, value in environment.items() if value}
    lines = []
    for field, info in Settings.model_fields.items():
        name = _variable(field)
        value = getattr(settings, field)
        origin: Literal["預設值", "環境變數", "命令列"] = "預設值"
        if (given or {}).get(field) is not None:
            origin = "命令列"
        elif name in present:
            origin = "環境變數"
        if value is None:
            text = "（未指定）"
        elif isinstance(value, SecretStr):
            text = "（已設定，不顯示）"
        else:
            text = str(value)
        lines.append(SettingShown(name, text, origin, info.description or ""))
    return lines


def unknown_names(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Variables with our prefix that mean nothing to us: most often a slip of the pen."""
    known = {_variable(field) for field in Settings.model_fields} | _OF_THE_TESTS
    return sorted(
        name
        for name in environment
        if name.upper().startswith(PREFIX) and name.upper() not in known
    )


def make_data_dir(settings: Settings) -> None:
    """The data folder, open to its owner alone. Raises `SettingsError`."""
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            # Never a folder that belongs to others as well, such as /tmp.
            if any(folder.iterdir()) and not settings.roles_file.exists():
                raise SettingsError(
                    f"資料夾 {folder} 已有別的檔案，而且其他帳號也能讀取。"
                    "請以 IGP_DATA_DIR 指定一個空的資料夾。"
                )
            folder.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"無法使用資料夾 {folder}（{why(error)}）。"
            "請確認權限與磁碟空間，或以 IGP_DATA_DIR 指定另一個資料夾。"
        ) from None


def _variable(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field}".upper()


def _complaint(place: tuple[int | str, ...], kind: str) -> str:
    field = str(place[0]) if place else ""
    name = _variable(field) if field in Settings.model_fields else field
    match field, kind:
        case "mode", _:
            return f"{name} 請設定為 production、demo 或 test。"
        case "second_factor", _:
            return f"{name} 請設定為 offered 或 required。"
        case "witnesses", _:
            return f"{name} 請寫成「網址 查核金鑰」，多位見證以逗號分隔；金鑰由 igp witness 印出。"
        case "openid_issuer", _:
            return f"{name} 請寫成 https 開頭的網址，與身分提供者公布的 issuer 完全相同。"
        case "openid_scopes", _:
            return f"{name} 必須包含 openid，多項以空白分隔。"
        case _, "int_parsing" | "int_type" | "greater_than_equal" | "less_than_equal":
            return f"{name} 請設定為 0 到 65535 的整數。"
    return f"{name} 的值不正確，請執行 igp settings 查看說明。"
