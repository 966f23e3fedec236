"""What the command line says and asks: in Chinese, with the exit status of contract 1.

0 done, 1 the answer is no, 2 bad usage or input. Results go to standard output, the rest to
standard error, so that a pipe carries results alone.
"""

import getpass
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, cast

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from igp.ending import status_of

DONE, NO, BAD_INPUT = 0, 1, 2

#: Wide enough for any line of a table that nobody looks at on a terminal.
_UNBOUNDED = 10_000


class Failed(Exception):
    """A command ends with this message (zh-TW) and exit status."""

    def __init__(self, message: str, status: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.status = status


def say(message: str = "") -> None:
    """A result."""
    print(message, flush=True)


def tell(message: str) -> None:
    """What goes on beside the results."""
    print(message, file=sys.stderr, flush=True)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as wide as the terminal, or as its longest lines where it goes elsewhere."""
    table = Table(*headings, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        # As Text, for in a name a bracket is a bracket and no mark-up.
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    width = None if sys.stdout.isatty() else _UNBOUNDED
    console = Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)
    console.print(table)


def ask_password(prompt: str, *, twice: bool = False) -> str:
    """A password typed unseen; the first line of standard input where that is no terminal.

    Raises `Failed`.
    """
    if not sys.stdin.isatty():
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = getpass.getpass(prompt + "：")
        if twice and getpass.getpass("再輸入一次：") != typed:
            raise Failed("兩次輸入的密碼不同，請再執行一次。")
    if not typed:
        raise Failed("沒有輸入密碼。請在終端機執行，或由標準輸入的第一行提供。")
    return typed


def confirm(prompt: str, wanted: str) -> None:
    """Goes on where the person typed `wanted`; the first line of standard input where that is no
    terminal. Raises `Failed`."""
    if sys.stdin.isatty():
        print(prompt + "：", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != wanted:
        raise Failed("輸入的內容不同，沒有變更任何資料。確定時請加上 --yes，或由標準輸入提供。")


class Step(Protocol):
    """Says how far a long piece of work is, or its part with a title of its own."""

    def __call__(self, done: int, total: int, part: str = "") -> None: ...


@contextmanager
def progress(title: str) -> Iterator[Step]:
    """A bar on a terminal; elsewhere a plain line at the start, each quarter and the end."""
    if not sys.stderr.isatty():
        yield _plain(title)
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=Console(stderr=True, highlight=False),
        transient=True,
    )
    with bar:
        tasks = {"": bar.add_task(title, total=None)}

        def step(done: int, total: int, part: str = "") -> None:
            if part not in tasks:
                tasks[part] = bar.add_task(f"{title} {part}", total=total)
            bar.update(tasks[part], completed=done, total=total)

        yield step
    tell(f"{title}：完成")


def _plain(title: str) -> Step:
    told: set[tuple[str, int]] = set()

    def step(done: int, total: int, part: str = "") -> None:
        quarter = 4 if total == 0 else 4 * done // total
        if (part, quarter) not in told:
            told.add((part, quarter))
            tell(f"{title}{f' {part}' if part else ''}：{done}/{total}")

    return step


class Command(TyperCommand):
    """A command whose help is in Chinese, and which says so where a signal ended it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as asked:
            # Here, for further out it becomes a status without a word.
            raise Failed("已中止。", status_of(asked)) from None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_of(self, ctx))


class Group(TyperGroup):
    """The commands, or some of them, with help in Chinese."""

    command_class = Command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_of(self, ctx))


def help_of(command: Any, ctx: Any) -> str:
    """Usage, purpose, arguments, options and commands, one a line."""
    arguments, options = [], []
    for param in command.get_params(ctx):
        if getattr(param, "hidden", False):
            continue
        meaning = param.help or ""
        if param.param_type_name == "argument":
            name = _argument(param)
            arguments.append((name, meaning))
        elif param.name == "help":
            options.append(("--help", "顯示這份說明"))
        else:
            name = "、".join([*param.opts, *param.secondary_opts])
            value = "" if param.is_flag else f" {param.metavar or '值'}"
            options.append((name + value, meaning + ("（必填）" if param.required else "")))
    commands = [
        (name, one.get_short_help_str(200))
        for name, one in getattr(command, "commands", {}).items()
        if not one.hidden
    ]
    usage = [ctx.command_path, *(name for name, _ in arguments)]
    usage += ["指令"] if commands else []
    lines = [f"用法：{' '.join(usage)} [選項]", "", (command.help or "").strip()]
    for title, entries in (("參數", arguments), ("選項", options), ("指令", commands)):
        if entries:
            width = max(cell_len(name) for name, _ in entries)
            lines += ["", f"{title}："]
            lines += [f"  {name}{' ' * (width - cell_len(name))}  {text}" for name, text in entries]
    return "\n".join(lines) + "\n"


def explained(error: typer.TyperException) -> str:
    """The Chinese words for a command line that could not be understood."""
    any_error = cast(Any, error)
    ctx = getattr(any_error, "ctx", None)
    match type(error).__name__:
        case "NoArgsIsHelpError":
            return str(error)
        case "NoSuchOption" | "BadOptionUsage":
            text = (
                f"沒有 {any_error.option_name} 這個選項。"
                if type(error).__name__ == "NoSuchOption"
                else f"選項 {any_error.option_name} 的寫法不正確。"
            )
        case "MissingParameter":
            text = f"缺少 {_hint(any_error)}。"
        case "BadParameter" if not error.message.isascii():
            text = f"{_hint(any_error)}：{error.message}"
        case "BadParameter":
            text = f"{_hint(any_error)} 的值不正確。"
        case _ if error.message.startswith("No such command"):
            text = "沒有這個指令。"
        case _ if error.message.startswith("Missing command"):
            text = "請指定要執行的指令。"
        case _ if error.message.startswith("Got unexpected"):
            text = "有多餘的參數。"
        case _:
            text = "指令的寫法不正確。"
    path = ctx.command_path if ctx is not None else "igp"
    return f"{text}請執行 {path} --help 查看用法。"


def _argument(param: Any) -> str:
    name = param.metavar or str(param.name).upper()
    if param.nargs == -1:
        name += "..."
    return name if param.required else f"[{name}]"


def _hint(error: Any) -> str:
    if error.param_hint:
        hint = error.param_hint
        return hint if isinstance(hint, str) else "、".join(hint)
    if error.param is None:
        return "參數"
    if error.param.param_type_name == "argument":
        return _argument(error.param)
    return str(error.param.opts[-1])
