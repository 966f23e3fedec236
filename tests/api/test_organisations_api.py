"""Organisations over HTTP, as the authority keeps them."""

from tests.api.serving import County


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
