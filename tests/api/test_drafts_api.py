from tests.api.serving import NOTE, County


def test_a_draft_is_kept_overwritten_read_and_deleted_by_its_owner(county: County) -> None:
    path = "/drafts/note-1"
    assert county.eb.get(path).status_code == 404
    assert county.eb.put(path, NOTE).headers["ETag"] == '"1"'
    assert county.eb.put(path, NOTE | {"content": "改寫"}).headers["ETag"] == '"2"'
    kept = county.eb.get(path)
    assert (kept.json(), kept.headers["ETag"]) == (NOTE | {"content": "改寫"}, '"2"')
    assert county.a_office.get(path).status_code == 404
    assert county.eb.delete(path).status_code == 204
    assert county.eb.delete(path).status_code == 204
    assert county.eb.get(path).status_code == 404


def test_a_draft_of_more_than_256_kb_is_refused(county: County) -> None:
    answer = county.eb.put("/drafts/long", {"content": "x" * 256 * 1024})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert county.eb.put("/drafts/long", {"content": "x" * 255 * 1024}).status_code == 204


def test_what_lies_in_the_database_tells_neither_name_nor_text(county: County) -> None:
    county.eb.put("/drafts/note-about-somebody", {"content": "plain-words"})
    with county.house.ledger.pool.connection() as connection:
        row = connection.execute("SELECT key, body FROM desk.draft").fetchone()
    assert row is not None
    assert b"note-about-somebody" not in row[0]
    assert b"plain-words" not in row[1]


def test_a_draft_leaves_no_event_and_no_row_in_any_book(county: County) -> None:
    county.eb.get("/me")
    shared, written = county.topics(), county.note_events("eb")
    county.eb.put("/drafts/one", NOTE)
    county.eb.get("/drafts/one")
    county.eb.get("/drafts/two")
    county.eb.delete("/drafts/one")
    assert (county.topics(), county.note_events("eb")) == (shared, written)
    assert county.refusals() == 0
