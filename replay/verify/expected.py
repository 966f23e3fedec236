"""What the migrations make, written down apart from them.

A migration that changes one of these changes it here too; tests/replay/test_verify.py says which.
"""

#: The tables that nobody may change once something stands in them.
GUARDED = ("records", "notes", "access", "birth", "files", "checkpoint", "cosignature")
#: Those of which a reader sees its own author's rows alone.
OWN_ROWS = frozenset({"notes", "notes_head"})

TRIGGER = "append_only"
#: BEFORE UPDATE OR DELETE OR TRUNCATE, for each statement (pg_trigger.tgtype).
TRIGGER_EVENTS = 58
#: Fires whatever session_replication_role is (pg_trigger.tgenabled).
ALWAYS = "A"

_EVENT = {
    "recorded_at timestamp with time zone",
    "stream_version integer",
    "stream_id uuid",
    "topic text",
    "body bytea",
}
COLUMNS = {
    "records": _EVENT | {"position bigint", "subject uuid"},
    "notes": _EVENT | {"owner uuid", "position integer", "subject text"},
    "access": _EVENT | {"position bigint", "subject uuid"},
    "birth": {"single boolean", "clock text"},
    "files": {"file_id uuid", "stream_id uuid", "subject uuid", "body bytea"},
    "checkpoint": {
        "book text",
        "size bigint",
        "root bytea",
        "recorded_at timestamp with time zone",
        "note text",
    },
    "cosignature": {"book text", "size bigint", "name text", "line text"},
    "notes_head": {"owner uuid", "position bigint"},
    "heartbeat": {"single boolean", "position bigint", "at timestamp with time zone"},
}
#: Columns that may be without a value.
OPTIONAL = {"records": {"subject"}, "access": {"subject"}}
_SHARED = {'PRIMARY KEY ("position")', "UNIQUE (stream_id, stream_version)"}
CONSTRAINTS = {
    "records": _SHARED,
    "notes": {'PRIMARY KEY (owner, "position")', "UNIQUE (owner, stream_id, stream_version)"},
    "access": _SHARED,
    "birth": {"PRIMARY KEY (single)"},
    "files": {"PRIMARY KEY (file_id)"},
    "checkpoint": {"PRIMARY KEY (book, size)"},
    "cosignature": {"PRIMARY KEY (book, size, name)"},
    "notes_head": {"PRIMARY KEY (owner)"},
    "heartbeat": {"PRIMARY KEY (single)"},
}

_VIEWER = (
    "(owner = ( SELECT (NULLIF(current_setting('igp.viewer'::text, true), ''::text))::uuid"
    ' AS "nullif"))'
)
#: For a holder in doubt an own ledger begins later.
_OPENED = (
    "(\"position\" > ( SELECT COALESCE((NULLIF(current_setting('igp.own_after'::text, true),"
    " ''::text))::bigint, (0)::bigint) AS \"coalesce\"))"
)
#: (table, policy, condition), all of them permissive and for SELECT.
POLICIES = {
    ("notes", "author_reads", f"({_VIEWER} AND {_OPENED})"),
    ("notes", "projector_reads", "true"),
    ("notes_head", "author_reads", _VIEWER),
    ("notes_head", "projector_reads", "true"),
}

#: SHA-256 of each function in the schema `books` (`guards.digest_of`).
FUNCTIONS = {
    "append_bulk_access": "49001a0217834f516b68885d4c05b7a85eab24ef6cf12e8bf78f39e99963e59e",
    "append_bulk_notes": "74f44a2767c5a3b02ca4609397985d5e2b66dc0b10fe0955aa0619abe33a4100",
    "append_bulk_records": "120eefd8d64518a4e9ad1ae7ca7b81592e8e93f09f1b48902133f1bad2586dfd",
    "append_many_access": "66046d544bcce9aeb2d7ad4f49c45b3e92454a125729828470f43b5dd607f920",
    "append_many_notes": "23279840c68b833491dab3bf49cc485b79d375106be8e6d5da23b3c26fcbb701",
    "append_many_records": "27bfb287ad3ab42188a68ac96eac5566ae9d4a43a140b40512d844591d9d9e5d",
    "append_one_access": "99f92ca597a7fd784aaffc869e565f3540ad00f9648e5fb42625d08df9394c8b",
    "append_one_notes": "aa82fbe014079809fbcdac1c5cc663c6b69722622ecaaf25e102a2d2720d5878",
    "append_one_records": "f0c238d04e12eac289028c61e071f356045894b9c666aedfad2f4000a6ec85c5",
    "draw_heartbeat": "19b5b4acec8b1eeb87b6f453c34fab8fd1b3b6f5524c7f9680b69394cdd899f8",
    "keep_checkpoint": "4cbaf6bb6ea4ae9ab7863428937c55c39817c2e028bff907e6cbf61745a39908",
    "keep_cosignature": "a4b110c351075ee6b2f41a9f29d1c328800ab80857892edbde5fbdad82ba3bfa",
    "keep_file": "12b591607214e396f0720e4d888604ee25796eaf0350545f78fab118ecd1eb7b",
    "ledger_draw_notes": "b86734b320a476e62aaf5e0b997bfdf31fd3d80e9b7f113607b4fcaab8516b76",
    "make_bulk": "b7756336803e01b093a979bdeae315a3b87e5eca66125a8396993da3eff85e09",
    "position_before": "6843cd85f4e69e3626fa3abde3195434e1995ea02674829c56382d67e74f771e",
    "refuse_change": "6cdb067a6256f8a141f4bba27158a7027210a0784a52b509a88d592eff9d375e",
    "stream_access": "4421a7a09f75959c469ddf7a525a3b42fe4eee7a02c00467e210492ca5166711",
    "stream_notes": "081c04f4cb4f89721f1febf30b61c8ad85a170fade760008d4586bb389fd2461",
    "stream_records": "c11b13b2bf7fc88e32a800b3ffe99d5456232af122dbe20b24f9b88f2fbd65ab",
}
#: The functions of each clock.
CLOCKS = {
    "real": {
        "ledger_draw": "637b91d7a0f773177bdbb836c844121954cc0079b0a4011e59113f920816f5fe",
        "ledger_now": "d6005fb1a492d8f3d59c9a76f0cb9e2dc3f4cec3ca59cee74b1c6800c2ca9524",
        "resume": "c176f5ef5c225585e896c4a215e4728ff452d8655eefad1327fcc4341974dee7",
    },
    "simulated": {
        "ledger_draw": "87d56810e1e95c22f7c13d61d3ee9b2ec969bccdcb61f75056a6b83c83ec4c7d",
        "ledger_now": "4517d1134ba409efa86ead3c32669d3dd43978830770e9385f87914698393a75",
        "move_clock": "10e3597c8402142327ec042c7775964d44bc5017a227fbcde701cd4f0fbdbacb",
        "resume_clock": "6bb41a8e1aa0ca19458af366ea3f587f231bea6bc872f0231eddf23f5aacc56f",
    },
}
