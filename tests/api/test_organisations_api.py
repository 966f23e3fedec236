"""Organisations over HTTP, as the authority keeps them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from httpx2 import Response

from tests.api.serving import COUNTY, County

#: Of two who change at once; about one in thirty met the gap that there was.
ROUNDS = 30


def test_an_organisation_is_not_above_itself(county: County) -> None:
    of = "/organisations/ks-a"
    [school] = [
        one for one in county.eb.get("/organisations").json()["items"] if one["code"] == "ks-a"
    ]
    reason = {"reason": "改隸"}
    refused = county.eb.patch(of, {"parent": "ks-a", **reason}, version=school["version"])
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["field"], error["message"]) == ("parent", "上級單位不能是自己。")
    moved = county.eb.patch(of, {"parent": "ks-eb", **reason}, version=school["version"])
    assert moved.status_code == 200


def test_nothing_is_above_what_it_is_below(county: County) -> None:
    of = {one["code"]: one for one in county.eb.get("/organisations").json()["items"]}
    reason = {"reason": "改隸"}

    def put(code: str, parent: str | None, version: int) -> Response:
        body = {"parent": parent, **reason}
        return county.eb.patch(f"/organisations/{code}", body, version=version)

    first = {code: of[code]["version"] for code in ("ks-a", "ks-b", "ks-eb")}
    assert put("ks-a", "ks-eb", first["ks-a"]).status_code == 200
    assert put("ks-b", "ks-a", first["ks-b"]).status_code == 200
    branch = {"code": "ks-a1", "name": "分校", "kind": "school", "county": COUNTY}
    county.eb.made("/organisations", branch | {"stage": "elementary", "parent": "ks-b"})
    for below in ("ks-a", "ks-b", "ks-a1"):
        answer = put("ks-eb", below, first["ks-eb"])
        assert answer.status_code == 422, below
        [error] = answer.json()["errors"]
        assert (error["field"], error["message"]) == ("parent", "上級單位不能是自己的下級單位。")
    # What is below may be put above once it is not below any more.
    assert put("ks-a", None, first["ks-a"] + 1).status_code == 200
    assert put("ks-eb", "ks-a1", first["ks-eb"]).status_code == 200


def test_two_changes_at_once_make_no_circle(county: County) -> None:
    ways = (("ks-a", "ks-b"), ("ks-b", "ks-a"))
    start = Barrier(len(ways))

    def put(code: str, parent: str | None, version: int) -> int:
        body = {"parent": parent, "reason": "改隸"}
        return county.eb.patch(f"/organisations/{code}", body, version=version).status_code

    def put_at_once(way: tuple[str, str]) -> int:
        version = of[way[0]]["version"]
        start.wait()
        return put(*way, version)

    with ThreadPoolExecutor() as pool:
        for _ in range(ROUNDS):
            of = {one["code"]: one for one in county.eb.get("/organisations").json()["items"]}
            answers = dict(zip(ways, pool.map(put_at_once, ways), strict=True))
            assert sorted(answers.values()) == [200, 422]
            [(moved, _)] = [way for way, answer in answers.items() if answer == 200]
            assert put(moved, None, of[moved]["version"] + 1) == 200
