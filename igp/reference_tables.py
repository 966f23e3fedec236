"""The reference tables that a county brings itself, read when the program starts."""

from pathlib import Path

from domain import reference
from igp.settings import SettingsError
from ledger.disk_errors import why


def add_tables(folder: Path | None) -> None:
    """Adds the values of every `<table>.toml` of the folder. Raises `SettingsError`, which names
    the file and what is wrong with it."""
    if folder is None:
        return
    try:
        files = sorted(folder.glob("*.toml"))
        texts = {file: file.read_text(encoding="utf-8") for file in files}
    except (OSError, UnicodeDecodeError) as error:
        said = why(error) if isinstance(error, OSError) else "不是 UTF-8 的文字檔"
        raise SettingsError(f"無法讀取參考資料表的資料夾 {folder}（{said}）。") from None
    if not texts:
        raise SettingsError(f"IGP_REFERENCE_DIR 指定的 {folder} 中沒有參考資料表（*.toml）。")
    for file, text in texts.items():
        try:
            reference.add(file.stem, text)
        except (ValueError, TypeError) as error:
            raise SettingsError(f"參考資料表 {file} 無法使用：{error}") from None
