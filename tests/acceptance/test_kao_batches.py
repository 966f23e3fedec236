"""What a school hands in for all its pupils: signed rosters, money, receipts, letters, minutes."""

from typing import Any

import pytest

from tests.acceptance.initial_stage import PROGRAMME, done, refused
from tests.acceptance.placement_stage import PlacementStage
from tests.acceptance.school_batches import SIGNED, Batches
from tests.api.serving import Caller, County


@pytest.fixture
def story(county: County) -> Batches:
    made = Batches(county)
    made.at("2025-02-17T09:00")
    made.publish_programme()
    return made


@pytest.mark.accepts("KAO-86", "KAO-90", "KAO-91", "KAO-92", "KAO-110")
def test_a_school_hands_in_its_roster_with_the_money_and_gets_one_receipt(story: Batches) -> None:
    for number, grade in enumerate((1, 3, 2, 4, 5)):
        story.registers(f"學生{number}", grade)
    roster = story.roster("initial")
    assert [row["remit_amount"] for row in roster["rows"]] == [770] * 5
    totals = roster["totals"]
    assert [totals[name] for name in ("collected", "passed_on", "kept")] == [4000, 3850, 150]
    words = "".join(value for _, value in roster["lines"])
    assert "肆仟元整" in words
    assert "叁仟捌佰伍拾元整" in words

    # Nothing is handed in before it was exported and signed.
    refused(story.step("initial", "roster-signed", SIGNED), "step-not-open")
    exported = story.stepped("initial", "roster-exported")
    assert (exported["state"], exported["remit_amount"]) == ("exported", 3850)
    story.stepped("initial", "roster-signed", SIGNED)
    paid = {"payer_name": "陳大文", "amount": 3850, "remitted_on": "114.2.18"}
    refused(story.step("initial", "remittance-recorded", paid), "payer-not-school", 422)
    slip = story.scan("remittance_slip", school="ks-a")
    paid |= {"payer_name": "高雄市苓雅區苓雅示範國民小學", "remittance_slip_document": slip}
    short = paid | {"amount": 3080}
    assert story.stepped("initial", "remittance-recorded", short)["remitted"] == 3080
    # Paid, but the roster is not there: the school is shown as incomplete.
    listed = story.county.org.get(f"{PROGRAMME}/batches", stage="initial").json()
    [line] = listed["items"]
    assert (line["complete"], line["roster"]) == (False, "none")
    assert [one["kind"] for one in line["missing"]] == ["initial_roster"]

    scan = {"roster_document": story.scan("initial_roster", school="ks-a")}
    refused(story.step("initial", "roster-uploaded", scan), "totals-differ")
    story.stepped("initial", "remittance-recorded", paid)
    wrong = {"roster_document": slip}
    refused(story.step("initial", "roster-uploaded", wrong), "document-not-known", 422)
    done = story.stepped("initial", "roster-uploaded", scan)
    assert (done["roster"], done["complete"], done["missing"]) == ("current", True, [])

    # A row that changes after makes the paper out of date: flagged, and not to be uploaded again.
    student = story.students["學生0"]
    change = {"name": "學生改名", "reason": "更名"}
    version = story.county.a_office.get(f"/students/{student}").json()["version"]
    renamed = story.county.a_office.patch(f"/directory/students/{student}", change, version=version)
    assert renamed.status_code == 200, renamed.text
    stale = story.batch("initial", story.county.org)
    assert (stale["roster"], stale["complete"]) == ("stale", False)
    org = story.county.org
    refused(story.step("initial", "batch-checked", who=org), "roster-stale")
    story.stepped("initial", "roster-exported")
    assert story.batch("initial")["roster"] == "stale"
    story.stepped("initial", "roster-signed", SIGNED)
    assert story.stepped("initial", "roster-uploaded", scan)["roster"] == "current"

    # One receipt for the school, over what it remitted.
    receipt = {"receipt_number": "收字第1號", "amount": 3850, "issued_on": "114.3.3"}
    refused(story.step("initial", "receipt-issued", receipt, org), "step-not-open")
    story.stepped("initial", "batch-checked", who=org)
    less = receipt | {"amount": 770}
    refused(story.step("initial", "receipt-issued", less, org), "totals-differ")
    refused(story.step("initial", "receipt-issued", receipt), "not-allowed", 403)
    received = story.stepped("initial", "receipt-issued", receipt, org)
    assert received["state"] == "receipted"
    refused(story.step("initial", "receipt-issued", receipt, org), "step-not-open")
    assert sum(one["step"] == "receipt-issued" for one in received["steps"]) == 1


class Placing(Batches, PlacementStage):
    """The placement page, with what the school hands in for it."""

    def owed(self, stage: str = "placement") -> set[tuple[str, str]]:
        """By pupil, or for the whole school, what is still missing."""
        rows = self.roster(f"uploads-{stage}")["rows"]
        return {(one["pupil_name"], one["document"]) for one in rows}

    def request(self, name: str, area: str, kind: str, new: Any = None) -> None:
        body = {
            "kind": kind,
            "placement_id": self.rows[name, area],
            "letter_number": "高市教特字第11400000001號",
            "reason": "適應考量",
            "new_placement": new,
        }
        done(self.office.post(f"/students/{self.students[name]}/placement-requests", body))


SCHOOL = "（全校一份）"
MINUTES, OTHER_AREAS = "特推會會議紀錄", "全科跳級學生其他學習領域評量表"
ROSTER, REQUEST = "鑑定安置名冊（核章後掃描）", "重新／放棄安置申請書"


@pytest.mark.accepts("KAO-104", "KAO-105", "KAO-106", "KAO-110")
def test_what_a_school_uploads_follows_from_its_placements(county: County) -> None:
    story = Placing(county)
    story.walk()
    story.filled("甲生", "英語", "skip", 6, 5)
    assert story.owed() == {(SCHOOL, ROSTER)}
    story.filled("丙生", "英語", "promotion", 5, 4)
    assert story.owed() == {(SCHOOL, ROSTER)}
    for area in ("國語", "數學", "社會", "自然"):
        story.filled("丙生", area, "skip", 5, 4)
    assert story.owed() == {(SCHOOL, ROSTER), ("丙生", OTHER_AREAS)}
    story.filled("乙生", "英語", "exemption", 4, 4, free_time="self_study")
    assert (SCHOOL, MINUTES) in story.owed()

    # One set of minutes is for all its pupils; the form of other areas is the pupil's own.
    minutes = {"meeting_on": "114.4.20", "minutes_for": "placement"}
    scan = story.scan("committee_minutes", school="ks-a")
    story.stepped("placement", "minutes-uploaded", minutes | {"minutes_document": scan})
    story.scan("other_area_form", student="丙生")
    assert story.owed() == {(SCHOOL, ROSTER)}
    assert (SCHOOL, MINUTES) in story.owed("igp")

    # The roster of the placements goes the same way, without money.
    story.stepped("placement", "roster-exported")
    signed = {name: said for name, said in SIGNED.items() if name != "sign_accountant"}
    story.stepped("placement", "roster-signed", signed)
    scan = {"roster_document": story.scan("placement_roster", school="ks-a")}
    line = story.stepped("placement", "roster-uploaded", scan)
    assert (line["roster"], line["complete"], story.owed()) == ("current", True, set())
    # A row that changes after the desk review makes it stale, too: the school exports it anew.
    story.stepped("placement", "batch-checked", who=county.org)
    story.delete("甲生", "英語")
    assert story.batch("placement")["roster"] == "stale"
    assert story.stepped("placement", "roster-exported")["state"] == "exported"

    # Somebody who is placed again, or gives up, hands in the request, with the letter's number.
    story.request("乙生", "英語", "abandonment")
    assert ("乙生", REQUEST) in story.owed()
    rows = story.roster("uploads-placement")["rows"]
    assert [one["letter_number"] for one in rows if one["document"] == REQUEST] == ["是"]
    assert ("乙生", "個別輔導計畫（核章後掃描）") not in story.owed("igp")
    # Who gives up one subject of several draws up a plan for the others.
    story.request("丙生", "國語", "abandonment")
    assert ("丙生", "個別輔導計畫（核章後掃描）") in story.owed("igp")
    # A re-placement asks for the same form, with the letter's number, and for a plan.
    asked = {"area": "數學", "category": "exemption", "target_year_grade": 4, "placement_grade": 4}
    story.request("丙生", "數學", "re_placement", asked)
    for stage in ("placement", "igp"):
        rows = story.roster(f"uploads-{stage}")["rows"]
        form = [one for one in rows if (one["pupil_name"], one["document"]) == ("丙生", REQUEST)]
        assert [one["letter_number"] for one in form] == ["是"]
        assert "重新安置" in form[0]["cases"]

    # Who gives up at once, before any decision, has no letter to number.
    student = {"student_id": story.students["丙生"]}
    case = story.office.made(f"{PROGRAMME}/placement-cases", student)
    path = f"{PROGRAMME}/placement-cases/{case}/abandoned-before-decision"
    done(story.office.post(path, {"abandon_reason": "家庭因素"}, version=1))
    rows = story.roster("uploads-placement")["rows"]
    assert [one["letter_number"] for one in rows if one["pupil_name"] == "丙生"] == [""]
    assert not any(name == "丙生" for name, kind in story.owed("igp") if kind != REQUEST)


def test_what_a_school_hands_in_is_its_own_and_the_organisers(story: Batches) -> None:
    """What is missing names pupils, and not each of them is a case before the council."""
    county = story.county
    story.registers("學生", 4)
    path = f"{PROGRAMME}/batches"
    for who in (county.a_office, county.org, county.eb):
        assert [one["students"] for one in who.get(path).json()["items"]] == [1]
        assert who.get(f"{path}/ks-a/initial").status_code == 200
    unknown = county.council.get(f"{path}/ks-z/initial")
    for who in (county.council, county.b_office):
        hidden = who.get(f"{path}/ks-a/initial")
        assert (hidden.status_code, hidden.json()) == (404, unknown.json())
        exported = who.post(f"{path}/ks-a/initial/roster-exported", {}, version=0)
        assert exported.status_code == 404
    assert county.council.get(path).status_code == 404


def test_a_school_lists_what_it_handed_in_and_nobody_else_s(story: Batches) -> None:
    """Kaohsiung 8.4, F34: whether a step named a scan yet or not, and never a pupil's."""
    county, path = story.county, f"{PROGRAMME}/documents"
    story.registers("學生", 4)
    story.scan("income_proof", student="學生")
    roster = story.scan("initial_roster", school="ks-a")
    minutes = story.scan("committee_minutes", school="ks-a")
    other = story.scan("initial_roster", school="ks-b", who=county.b_office)

    def listed(who: Caller, **asked: Any) -> list[str]:
        answer = who.get(path, **asked)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert listed(county.a_office) == [minutes, roster]
    assert listed(county.a_office, sort="uploaded_at") == [roster, minutes]
    assert listed(county.b_office) == [other]
    assert listed(county.org) == listed(county.eb) == [other, minutes, roster]
    assert listed(county.org, organisation="ks-b") == [other]
    first = county.a_office.get(path, limit=1).json()
    assert [one["kind_name"] for one in first["items"]] == ["特推會會議紀錄"]
    assert first["items"][0]["uploaded_by"]["name"] == "a-office 承辦人"
    assert listed(county.a_office, limit=1, cursor=first["next_cursor"]) == [roster]
    for who in (county.a_office, county.council):
        assert who.get(path, organisation="ks-b").status_code == 404
    assert county.council.get(path).status_code == 404


def test_a_step_takes_scans_of_its_own_kind_alone(story: Batches) -> None:
    """Forms F07, F12 and F34: a slip is no income proof, and minutes are no table of a group."""
    story.registers("學生", 4)
    filed = story.stepped(
        "placement",
        "paper-filed",
        {"filed_document": story.scan("group_organisation", school="ks-a")},
    )
    assert filed["state"] == "open"
    story.stepped(
        "placement", "paper-filed", {"filed_document": story.scan("parent_slides", school="ks-a")}
    )
    minutes = {"filed_document": story.scan("committee_minutes", school="ks-a")}
    refused(story.step("placement", "paper-filed", minutes), "document-not-known", 422)
    assert len(story.batch("placement")["steps"]) == 2
    slip = {"income_proof_document": story.scan("fee_slip", student="學生")}
    wrong = story.take("學生", "details-corrected", {**slip, "reason": "補件"})
    assert refused(wrong, "document-not-known", 422) == "這份上傳資料是另一種，請重新選擇。"
    proof = {"income_proof_document": story.scan("income_proof", student="學生")}
    done(story.take("學生", "details-corrected", {**proof, "reason": "補件"}))
