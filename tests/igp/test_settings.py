"""The settings: one prefix, one place, no default for a secret."""

import stat
from pathlib import Path

import pytest

from igp.parts import openid
from igp.settings import (
    CHECKOUT,
    Settings,
    SettingsError,
    load_settings,
    make_data_dir,
    shown,
    unknown_names,
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"IGP_{field.upper()}", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_without_any_setting_the_mode_is_production_and_the_data_lies_in_the_checkout() -> None:
    settings = load_settings()
    assert settings.mode == "production"
    assert settings.data_dir == CHECKOUT / ".data"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_settings_come_from_the_environment_and_the_command_line_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IGP_MODE", "demo")
    monkeypatch.setenv("IGP_PORT", "9001")
    monkeypatch.setenv("IGP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("IGP_HOST", "")
    settings = load_settings(port=9002, host=None)
    assert (settings.mode, settings.port, settings.host) == ("demo", 9002, "127.0.0.1")
    assert settings.keys == tmp_path / "keys"
    origins = {line.name: line.origin for line in shown(settings, {"port": 9002})}
    assert origins["IGP_MODE"] == "環境變數"
    assert origins["IGP_PORT"] == "命令列"
    assert origins["IGP_HOST"] == "預設值"


def test_the_command_of_a_scan_is_told_to_be_wrong_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load_settings().scan_command is None
    monkeypatch.setenv("IGP_SCAN_COMMAND", "/usr/bin/clamdscan --no-summary -")
    assert load_settings().scan_command == "/usr/bin/clamdscan --no-summary -"
    monkeypatch.setenv("IGP_SCAN_COMMAND", "/usr/bin/clamdscan 'unclosed")
    with pytest.raises(SettingsError, match="IGP_SCAN_COMMAND"):
        load_settings()


def test_a_provider_is_set_as_a_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert openid(load_settings()) is None
    secret = tmp_path / "client-secret"
    secret.write_text("a-secret-of-ours\n")
    monkeypatch.setenv("IGP_OPENID_ISSUER", "https://county.sso.example")
    with pytest.raises(SettingsError, match="還缺：IGP_OPENID_CLIENT_ID、IGP_OPENID_CLIENT"):
        load_settings()
    monkeypatch.setenv("IGP_OPENID_CLIENT_ID", "igp")
    monkeypatch.setenv("IGP_OPENID_CLIENT_SECRET_FILE", str(secret))
    secret.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        openid(load_settings())
    secret.chmod(0o600)
    made = openid(load_settings())
    assert made is not None
    assert made.provider.client_secret.get_secret_value() == "a-secret-of-ours"
    assert "a-secret" not in repr(made.provider)
    assert (made.provider.label, made.provider.scopes) == ("教育雲端帳號", "openid")
    for content in (b"", b"\xff"):
        secret.write_bytes(content)
        with pytest.raises(SettingsError, match="IGP_OPENID_CLIENT_SECRET_FILE"):
            openid(load_settings())
    secret.unlink()
    with pytest.raises(SettingsError, match="IGP_OPENID_CLIENT_SECRET_FILE"):
        openid(load_settings())


def test_every_setting_is_listed_with_its_meaning_and_secrets_stay_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IGP_MODE", "test")
    monkeypatch.setenv("IGP_TEST_SEED", "a-seed-nobody-sees")
    monkeypatch.setenv("DATABASE_URL", "postgresql://igp:a-password@db.example:5432/county")
    lines = shown(load_settings())
    assert {line.name for line in lines} == {
        "DATABASE_URL" if field == "database_url" else f"IGP_{field.upper()}"
        for field in Settings.model_fields
    }
    assert all(line.meaning for line in lines)
    assert not any("nobody-sees" in line.value or "a-password" in line.value for line in lines)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("IGP_MODE", "live", "IGP_MODE"),
        ("IGP_PORT", "eight", "IGP_PORT"),
        ("IGP_PORT", "70000", "IGP_PORT"),
        ("IGP_METRICS_PORT", "-1", "IGP_METRICS_PORT"),
        ("IGP_TEST_SEED", "only-for-tests", "IGP_TEST_SEED"),
        ("IGP_OPENID_ISSUER", "http://county.sso.example", "IGP_OPENID_ISSUER"),
        ("IGP_OPENID_ISSUER", "county.sso.example", "IGP_OPENID_ISSUER"),
        ("IGP_OPENID_SCOPES", "profile email", "IGP_OPENID_SCOPES"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, word: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert word in str(refused.value)
    assert value not in str(refused.value)


def test_a_database_url_names_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "DATABASE_URL", "postgresql://igp:secret@db.example:5433/county?sslmode=require"
    )
    dsn = load_settings().dsn_given()
    assert dsn is not None
    assert "dbname=county" in dsn
    assert "port=5433" in dsn
    assert "sslmode=require" in dsn
    for wrong in ("postgresql://igp:secret@db.example:5433", "nonsense"):
        monkeypatch.setenv("DATABASE_URL", wrong)
        with pytest.raises(SettingsError) as refused:
            load_settings().dsn_given()
        assert "secret" not in str(refused.value)


def test_in_production_the_master_key_has_no_default(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="IGP_MASTER_KEY_FILE"):
        _ = load_settings(mode="production", data_dir=tmp_path).master_key
    assert load_settings(mode="demo", data_dir=tmp_path).master_key == tmp_path / "master.key"


def test_a_variable_with_our_prefix_that_means_nothing_is_named() -> None:
    given = {"IGP_MASTER_KEYFILE": "x", "IGP_PORT": "1", "IGP_LONG": "1", "HOME": "y"}
    assert unknown_names(given) == ["IGP_MASTER_KEYFILE"]


def test_the_data_folder_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    made = load_settings(mode="demo", data_dir=tmp_path / "new" / "data")
    make_data_dir(made)
    assert stat.S_IMODE(made.data_dir.stat().st_mode) == 0o700
    made.data_dir.chmod(0o755)
    make_data_dir(made)
    assert stat.S_IMODE(made.data_dir.stat().st_mode) == 0o700


def test_a_folder_shared_with_others_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "somebody-elses").touch()
    shared.chmod(0o755)
    with pytest.raises(SettingsError, match="IGP_DATA_DIR"):
        make_data_dir(load_settings(mode="demo", data_dir=shared))
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
