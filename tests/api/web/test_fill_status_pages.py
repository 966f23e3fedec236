"""The authority sees on a page which schools filled in their plans, in counts alone."""

from tests.api.web.conftest import School


def test_the_authority_sees_counts_of_every_school_and_nobody_else_does(school: School) -> None:
    bureau = school.visitor("eb")
    sheet = bureau.visit("/fill-status?school_year=112&organisation=")
    assert sheet.status == 200
    assert "2 所學校中" in sheet.text
    assert "苓雅示範國小" in sheet.text
    assert "前金示範國小" in sheet.text
    assert "陳小明" not in sheet.text
    assert sheet.form("/fill-status").method == "get"
    one = bureau.visit("/fill-status?school_year=112&organisation=ks-b")
    assert "前金示範國小" in one.text
    # The other school is a choice of the filter, and no row.
    assert (one.text.count("前金示範國小"), one.text.count("苓雅示範國小")) == (2, 1)
    assert bureau.visit("/fill-status?organisation=unknown").status == 404
    assert "/fill-status" in [href for _, href in bureau.visit("/").links]
    assert school.teacher.visit("/fill-status").status == 403
    assert "/fill-status" not in [href for _, href in school.teacher.visit("/").links]
