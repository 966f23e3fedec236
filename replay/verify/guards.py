"""What keeps the books append-only, as the database's own catalogue tells it."""

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg

from replay.verify.expected import (
    ALWAYS,
    CLOCKS,
    COLUMNS,
    CONSTRAINTS,
    FUNCTIONS,
    GUARDED,
    OPTIONAL,
    OWN_ROWS,
    POLICIES,
    TRIGGER,
    TRIGGER_EVENTS,
)
from replay.verify.report import Finding

Connection = psycopg.Connection[Any]


def open_guards(connection: Connection) -> Iterator[Finding]:
    """Everything about tables, triggers, functions and rights that the migrations do not make."""
    yield from _tables(connection)
    yield from _triggers(connection)
    yield from _functions(connection)
    yield from _grants(connection)
    yield from _members(connection)
    yield from _policies(connection)


def _whole(table: str, kind: str, message: str) -> Finding:
    return Finding(table, None, None, kind, message)


def _tables(connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(
        """
        SELECT c.relname, c.relkind = 'r' AND c.relpersistence = 'p',
               EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid OR i.inhrelid = c.oid),
               EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid),
               c.relrowsecurity,
               array(SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                     FROM pg_attribute a
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text[],
               array(SELECT a.attname FROM pg_attribute a
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                       AND NOT a.attnotnull)::text[],
               array(SELECT pg_get_constraintdef(o.oid) FROM pg_constraint o
                     WHERE o.conrelid = c.oid AND o.contype IN ('p', 'u'))::text[]
        FROM pg_class c
        WHERE c.relnamespace = 'books'::regnamespace AND c.relname = ANY(%s)
        """,
        (list(COLUMNS),),
    ).fetchall()
    seen = set()
    for table, plain, related, rules, secured, columns, empty, constraints in rows:
        seen.add(table)
        if not plain or related:
            yield _whole(table, "table", "不是單獨的一般資料表")
        if rules:
            yield _whole(table, "rule", "資料表上有改寫規則")
        if secured != (table in OWN_ROWS):
            yield _whole(table, "policy", "資料列的存取限制與建立時不同")
        if set(columns) != COLUMNS[table] or set(empty) != OPTIONAL.get(table, set()):
            yield _whole(table, "table", "資料表的欄位與建立時不同")
        if set(constraints) != CONSTRAINTS[table]:
            yield _whole(table, "constraint", "資料表的唯一性限制與建立時不同")
    for table in sorted(COLUMNS.keys() - seen):
        yield _whole(table, "table", "資料表不存在")


def _triggers(connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(
        """
        SELECT c.relname, t.tgname, t.tgenabled::text, t.tgtype,
               t.tgqual IS NOT NULL OR t.tgattr <> ''::int2vector, t.tgfoid::regproc::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'books'::regnamespace AND NOT t.tgisinternal
        ORDER BY 1, 2
        """
    ).fetchall()
    seen = set()
    for table, name, enabled, events, narrowed, function in rows:
        if table not in GUARDED or name != TRIGGER:
            yield _whole(table, "trigger", f"有不明的觸發程序 {name}")
            continue
        seen.add(table)
        if enabled == "D":
            yield _whole(table, "trigger", f"禁止變更的觸發程序 {name} 已被停用")
        elif enabled != ALWAYS:
            yield _whole(table, "trigger", f"觸發程序 {name} 不是在任何情況都啟用（ALWAYS）")
        if events != TRIGGER_EVENTS or narrowed or function != "books.refuse_change":
            yield _whole(table, "trigger", f"觸發程序 {name} 的內容與建立時不同")
    for table in sorted(set(GUARDED) - seen):
        yield _whole(table, "trigger", f"缺少禁止變更的觸發程序 {TRIGGER}")


def _functions(connection: Connection) -> Iterator[Finding]:
    """Every function is there once, belongs to the books' owner and says what it said."""
    rows = connection.execute(
        """
        SELECT p.proname, p.prosrc, p.prosecdef, coalesce(p.proconfig::text, ''), l.lanname,
               p.proowner = n.nspowner
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_language l ON l.oid = p.prolang
        WHERE n.nspname = 'books' ORDER BY 1
        """
    ).fetchall()
    expected = FUNCTIONS | CLOCKS[_clock(connection)]
    seen: set[str] = set()
    for name, source, definer, settings, language, owned in rows:
        if name not in expected or name in seen:
            yield _whole("books", "function", f"有不明的函式 {name}")
            continue
        seen.add(name)
        if digest_of(source, definer, settings, language) != expected[name]:
            yield _whole("books", "function", f"函式 {name} 的內容與建立時不同")
        if not owned:
            yield _whole("books", "function", f"函式 {name} 屬於別的角色")
    for name in sorted(expected.keys() - seen):
        yield _whole("books", "function", f"缺少函式 {name}")


def _clock(connection: Connection) -> str:
    """Which clock was born; where nobody can tell, that is a finding elsewhere."""
    try:
        with connection.transaction():
            born = connection.execute("SELECT clock FROM books.birth").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        born = None
    return born[0] if born is not None and born[0] in CLOCKS else "real"


def digest_of(source: str, definer: bool, settings: str, language: str) -> str:
    """SHA-256 in hex over what a function does and with whose rights."""
    return hashlib.sha256(f"{language}\n{definer}\n{settings}\n{source}".encode()).hexdigest()


def _grants(connection: Connection) -> Iterator[Finding]:
    """Nobody but the owner, who is the same for all, may write a table of the schema `books`."""
    rows = connection.execute(
        """
        SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), string_agg(DISTINCT x.privilege_type, ', ')
        FROM pg_class c
        CROSS JOIN LATERAL (
            SELECT a.grantee, a.privilege_type FROM aclexplode(c.relacl) a
            UNION ALL
            SELECT a.grantee, a.privilege_type FROM pg_attribute t, aclexplode(t.attacl) a
            WHERE t.attrelid = c.oid) x
        LEFT JOIN pg_roles r ON r.oid = x.grantee
        WHERE c.relnamespace = 'books'::regnamespace AND x.grantee <> c.relowner
          AND x.privilege_type NOT IN ('SELECT', 'MAINTAIN')
        GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()
    for table, role, rights in rows:
        yield _whole(table, "grant", f"角色 {role} 有 {rights} 的權限")
    rows = connection.execute(
        """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'books' AND c.relkind <> 'i' AND c.relowner <> n.nspowner ORDER BY 1
        """
    ).fetchall()
    for (table,) in rows:
        yield _whole(table, "grant", "資料表屬於別的角色")


def _members(connection: Connection) -> Iterator[Finding]:
    """No role that has a right in the books from their owner can act as that owner."""
    rows = connection.execute(
        """
        SELECT DISTINCT r.rolname
        FROM pg_namespace n
        CROSS JOIN LATERAL (
            SELECT (aclexplode(n.nspacl)).grantee
            UNION SELECT (aclexplode(p.proacl)).grantee FROM pg_proc p WHERE p.pronamespace = n.oid
        ) g
        JOIN pg_roles r ON r.oid = g.grantee
        WHERE n.nspname = 'books' AND r.oid <> n.nspowner
          AND (r.rolsuper OR pg_has_role(r.oid, n.nspowner, 'MEMBER'))
        ORDER BY 1
        """
    ).fetchall()
    for (role,) in rows:
        yield _whole("books", "grant", f"角色 {role} 可以用擁有者的身分變更紀錄")
    rows = connection.execute(
        """
        SELECT coalesce(r.rolname, 'PUBLIC') FROM pg_namespace n
        CROSS JOIN LATERAL aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE n.nspname = 'books' AND a.grantee <> n.nspowner AND a.privilege_type = 'CREATE'
        ORDER BY 1
        """
    ).fetchall()
    for (role,) in rows:
        yield _whole("books", "grant", f"角色 {role} 可以在紀錄簿的綱要中建立物件")


def _policies(connection: Connection) -> Iterator[Finding]:
    """A policy that hides rows would hide them from the views, and from this program."""
    rows = connection.execute(
        """
        SELECT c.relname, p.polname, p.polpermissive, p.polcmd::text,
               coalesce(pg_get_expr(p.polqual, p.polrelid), '')
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = 'books'::regnamespace ORDER BY 1, 2
        """
    ).fetchall()
    found = {
        (table, name, condition)
        for table, name, permissive, command, condition in rows
        if permissive and command == "r"
    }
    if found != POLICIES or len(rows) != len(POLICIES):
        yield _whole("notes", "policy", "資料列的存取限制與建立時不同")
