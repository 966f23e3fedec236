"""What a teacher does with an own course on the pages: opened to a colleague, kept as a template,
filled from one."""

from tests.acceptance.courses import ROW, Planning
from tests.api.serving import PASSWORD, County
from tests.visiting import Sheet, Visitor

TRIAD = ["type_1_general_exploration", "type_2_group_training", "type_3_independent_study"]


def sent(visitor: Visitor, path: str, action: str, **given: str | None) -> Sheet:
    return visitor.send(action, visitor.visit(path).form(action).filled(**given))


def test_a_form_offers_the_components_of_the_years_teaching_model_and_no_others(
    county: County,
) -> None:
    planning = Planning.of(county)
    planning.goal(model="enrichment_triad")
    course = planning.course("a-math", ROW | {"component": "type_2_group_training"})
    maths = Visitor.of(county.client, "a-math", PASSWORD)
    new = f"{planning.courses}/new?school_year=112"
    for version, (model, components) in enumerate(
        (
            ("parallel_curriculum", ["core", "connections", "practice", "identity"]),
            ("discover", None),
            ("enrichment_triad", TRIAD),
        ),
        start=1,
    ):
        body = {"data": {"teaching_model": model}, "reason": "調整"}
        saved = county.a_math.patch(planning.goal_path(), body, version=version)
        assert saved.status_code == 200, saved.text
        for path in (new, f"{planning.courses}/{course}/edit"):
            form = maths.visit(path).form(path)
            grown = maths.send(path, [*form.fields, ("_do", "add:rows")]).form(path)
            asked = None if components is None else ["", *components]
            assert grown.options.get("rows.0.component") == asked, (model, path)
            assert "rows.0.learning_performance" in grown.names


def test_the_goal_of_a_year_is_deleted_on_the_page_of_whoever_made_it_alone(
    county: County,
) -> None:
    planning = Planning.of(county)
    planning.goal("a-math")
    page = f"/students/{planning.student}/sections/annual_goal?school_year=112"
    asks = page.replace("?", "/withdrawal?")
    offered = {
        name: f'href="{asks}"' in Visitor.of(county.client, name, PASSWORD).visit(page).html
        for name in ("a-math", "a-eng", "a-cm")
    }
    assert offered == {"a-math": True, "a-eng": False, "a-cm": False}
    # Once its maker teaches the student no more it is the others'.
    teaching = f"/students/{planning.student}/teaching-assignments/{county.id_of('a-math')}"
    ended = county.a_office.post(f"{teaching}/end", {"reason": "調動"}, version=1)
    assert ended.is_success, ended.text
    english = Visitor.of(county.client, "a-eng", PASSWORD)
    gone = sent(english, english.visit(page).link("刪除"), asks, reason="重訂")
    assert (gone.status, "還沒有填寫" in gone.text) == (200, True)


def test_a_course_is_shared_by_name_kept_as_a_template_and_filled_from_it(county: County) -> None:
    planning = Planning.of(county)
    planning.goal()
    course, other = planning.course("a-math", ROW), planning.course("a-eng")
    path = f"{planning.courses}/{course}"
    maths = Visitor.of(county.client, "a-math", PASSWORD)
    english = Visitor.of(county.client, "a-eng", PASSWORD)
    assert maths.visit(f"{planning.courses}?school_year=112").link("分享與範本") == path
    page = maths.visit(path)
    assert (page.status, "a-new 老師" in page.text) == (200, True)
    # A course is its teachers' own.
    assert english.visit(path).status == 404
    assert Visitor.of(county.client, "a-cm", PASSWORD).visit(path).status == 403

    # The county's ways of assessment are ticked, others are written.
    form = maths.visit(f"{path}/edit").form(f"{path}/edit")
    ways = {"rows.0.assessment_methods": ["dynamic", "口頭發表、作品"], "reason": "更正"}
    assert maths.send(f"{path}/edit", form.with_typed(ways)).status == 200
    assert planning.shown(course)["rows"][0]["assessment_methods"] == [
        "dynamic",
        "口頭發表",
        "作品",
    ]

    shares = f"{path}/shares"
    assert sent(maths, path, shares, account="", relation="").status == 422
    wrong = sent(maths, path, shares, account=county.id_of("a-new"), relation="")
    assert (wrong.status, 'href="#f-relation"' in wrong.html) == (422, True)
    shared = sent(maths, path, shares, account=county.id_of("a-new"), relation="same_field")
    assert "同領域教師" in shared.text
    colleague = Visitor.of(county.client, "a-new", PASSWORD)
    seen = colleague.visit("/me/shared-courses")
    assert "探究不同進位制的位值結構" in seen.text
    assert "陳小明" not in seen.html
    end = f"{shares}/{county.id_of('a-new')}/end"
    assert sent(maths, end, end, reason="").status == 422
    ended = sent(maths, end, end, reason="課程已結束")
    assert "已結束分享" in ended.text
    assert "目前沒有其他教師開放課程給您" in colleague.visit("/me/shared-courses").text
    assert maths.visit(end).status == 404

    assert sent(maths, path, f"{path}/template", name="").status == 422
    kept = sent(maths, path, f"{path}/template", name="位值專題")
    assert (kept.path, "位值專題" in kept.text) == ("/course-templates", True)
    assert "探究不同進位制的位值結構" in kept.text
    assert "陳小明" not in kept.html
    rename = kept.link("更名 ：位值專題".replace(" ", ""))
    assert sent(maths, rename, rename, name="位值", reason="").status == 422
    assert "進位制專題" in sent(maths, rename, rename, name="進位制專題", reason="更清楚").text

    # Somebody else's template is none, for the page as for an import.
    assert english.visit(rename).status == 404
    empty = f"{planning.courses}/{other}"
    assert "您還沒有課程範本" in english.visit(empty).text
    again = planning.course("a-math", semester="second", course_name=None)
    fill = f"{planning.courses}/{again}"
    template = rename.rpartition("/")[2]
    filled = sent(maths, fill, f"{fill}/template-import", template_id=template)
    assert (filled.status, "這門課程已經有學習表現" in filled.text) == (200, True)
    refused = maths.post(f"{fill}/template-import", [("template_id", template)])
    assert (refused.status_code, "課程已經有學習表現" in refused.text) == (409, True)
    gone = f"{rename}/withdrawal"
    assert "您還沒有課程範本" in sent(maths, gone, gone, reason="不再使用").text
