"""What the migrations make, written down apart from them.

A migration that changes one of these changes it here too; tests/replay/test_verify.py says which.
"""

#: The tables that nobody may change once something stands in them.
GUARDED = ("records", "notes", "access", "birth", "files")
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
    "notes_head": {"owner uuid", "position bigint"},
    "heartbeat": {"single boolean", "position bigint", "at timestamp with time zone"},
}
_SHARED = {'PRIMARY KEY ("position")', "UNIQUE (stream_id, stream_version)"}
CONSTRAINTS = {
    "records": _SHARED,
    "notes": {'PRIMARY KEY (owner, "position")', "UNIQUE (owner, stream_id, stream_version)"},
    "access": _SHARED,
    "birth": {"PRIMARY KEY (single)"},
    "files": {"PRIMARY KEY (file_id)"},
    "notes_head": {"PRIMARY KEY (owner)"},
    "heartbeat": {"PRIMARY KEY (single)"},
}

_VIEWER = (
    "(owner = ( SELECT (NULLIF(current_setting('igp.viewer'::text, true), ''::text))::uuid"
    ' AS "nullif"))'
)
#: (table, policy, condition), all of them permissive and for SELECT.
POLICIES = {
    (table, policy, condition)
    for table in ("notes", "notes_head")
    for policy, condition in (("author_reads", _VIEWER), ("projector_reads", "true"))
}

#: SHA-256 of each function in the schema `books` (`guards.digest_of`).
FUNCTIONS = {
    "append_bulk_access": "ac9074b8461bb60607cd6b906fc848b84e554f603d31ce73956bbb00d52abe5a",
    "append_bulk_notes": "56821c61da14d169f0830e9237463964f92025cf5f5381cef9023cccfdceb8d8",
    "append_bulk_records": "6c0e0ce7d5013b287e3e7e5576941fc49338b7595c54b78aef9fe9f8d37e84e1",
    "append_many_access": "9d10d1f0859aa7837087ec40065d264bd3220ffa909ab28a446b10848c3fa71b",
    "append_many_notes": "021004354e97f500730fd07c3799123e155d9bd72db935d71018ea89c60286b3",
    "append_many_records": "32e7ba369e437b155e6a0348552e22bec13a0edf57263c0c66f0f7a561c3594a",
    "append_one_access": "921eceb03c6c9d72faaa8076de856488fa8f949d807c9a6e6782dbdbe0965b0d",
    "append_one_notes": "e9c2fa147dffa28df8b84e3a1aa2efe9a746927296d762fb727e28c0ae60b9f9",
    "append_one_records": "9ae6199a28bd93e70b30fc6780d0132ce9b212e8a65d22abe0b831a02152dd98",
    "draw_heartbeat": "19b5b4acec8b1eeb87b6f453c34fab8fd1b3b6f5524c7f9680b69394cdd899f8",
    "keep_file": "12b591607214e396f0720e4d888604ee25796eaf0350545f78fab118ecd1eb7b",
    "make_bulk": "13140428eaee4d18863b11265e43d842eba2047f3b9821532804cbffc5f043f0",
    "open_access": "7e7fb54333a13a3c190e66030a8dd0a5fc32f5a6a68fb6a3cfb4ec519f6ad48e",
    "open_notes": "4701957caeebc54cd123e73a42963802646f93b3dbd2c4688f4471cdd6d4d7b1",
    "open_records": "8ecf256755003306e0b9e1d12b434d8211f3808df1f70069c655100215c82c33",
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
        "resume": "df546585e7fee09f83dfc6677f3c81fd8b01f912ff29c8b14fc61e0422d2d4e7",
    },
    "simulated": {
        "ledger_draw": "87d56810e1e95c22f7c13d61d3ee9b2ec969bccdcb61f75056a6b83c83ec4c7d",
        "ledger_now": "4517d1134ba409efa86ead3c32669d3dd43978830770e9385f87914698393a75",
        "move_clock": "10e3597c8402142327ec042c7775964d44bc5017a227fbcde701cd4f0fbdbacb",
        "resume_clock": "6bb41a8e1aa0ca19458af366ea3f587f231bea6bc872f0231eddf23f5aacc56f",
    },
}
