"""Plan files on their page: what a teacher uploads, fetches and takes off the list."""

from api.edge import LARGEST_BODY
from api.uploads import LARGEST_UPLOAD
from tests.api.serving import NATIONAL_IDS, PASSWORD, County
from tests.uploads import GOAL, PDF, pdf
from tests.visiting import FROM_US, Sheet, Visitor


def sent(visitor: Visitor, path: str, name: str, content: bytes, key: str = "") -> Sheet:
    answer = visitor.client.post(
        path, data={"_key": key}, files={"file": (name, content)}, headers=FROM_US
    )
    return Sheet(answer, answer.url.path)


def test_files_are_uploaded_listed_fetched_and_withdrawn_by_whom_the_matrix_lets(
    county: County,
) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    path = f"/students/{student}/files?school_year=112"
    teacher = Visitor.of(county.client, "a-eng", PASSWORD)
    office = Visitor.of(county.client, "a-office", PASSWORD)

    # Before there is a goal, and without a file: said on the page, nothing lost.
    early = sent(teacher, path, "計畫.pdf", PDF)
    assert (early.status, "請先儲存這個學年度的學年目標" in early.text) == (409, True)
    goal = f"/students/{student}/sections/annual_goal?school_year=112"
    assert county.a_eng.put(goal, {"data": GOAL}, version=0).status_code == 200
    for sheet, words in (
        (sent(teacher, path, "", b""), "請選擇要上傳的檔案"),
        (sent(teacher, path, "計畫.exe", b"MZ"), "副檔名須與內容相符"),
    ):
        assert (sheet.status, words in sheet.text) == (422, True), sheet.text
    assert "學年目標" in teacher.visit(f"/students/{student}/files?school_year=112").text
    assert teacher.visit(goal).link("計畫檔案") == path

    # Sent twice, as by a second click, it is there once.
    key = dict(teacher.visit(path).form(path).fields)["_key"]
    for _ in range(2):
        listed = sent(teacher, path, "期末計畫.pdf", PDF, key)
        assert (listed.status, listed.path) == (200, path.partition("?")[0])
    assert listed.html.count("期末計畫.pdf</a>") == 1
    fetched = teacher.client.get(listed.link("期末計畫.pdf"))
    assert fetched.content == PDF
    assert fetched.headers["Content-Disposition"].startswith("attachment;")
    assert fetched.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    other = listed.link("期末計畫.pdf").replace(student, county.id_of("a-cm"))
    assert teacher.client.get(other).status_code == 404

    # Who only looks sees the list and no form; who may not know the student, nothing.
    seen = office.visit(path)
    assert (seen.status, "期末計畫.pdf" in seen.text) == (200, True)
    assert 'name="file"' not in seen.html
    assert sent(office, path, "學校.pdf", PDF).status == 403
    b_office = Visitor.of(county.client, "b-office", PASSWORD)
    assert b_office.visit(path).status == sent(b_office, path, "外校.pdf", PDF).status == 404

    take = f"{listed.link('期末計畫.pdf')}/withdrawal?school_year=112"
    asked = teacher.visit(take).form(take)
    assert teacher.send(take, asked.filled(reason="")).status == 422
    gone = teacher.send(take, asked.filled(reason="放錯檔案"))
    assert "還沒有計畫檔案" in gone.text
    assert teacher.visit(take).status == 404

    # Large files are taken of people who are signed in, on our own pages, up to the limit.
    large = pdf("x" * (LARGEST_BODY + 1))
    assert sent(teacher, path, "大.pdf", large).status == 200
    told = {"Content-Length": str(LARGEST_UPLOAD + 1), "Content-Type": "multipart/form-data"}
    over = teacher.client.post(path, content=b"x", headers=FROM_US | told)
    assert (over.status_code, "太大" in over.text) == (413, True)
    assert over.headers["Content-Security-Policy"].startswith("default-src 'none'")
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    files = {"file": ("大.pdf", large)}
    refused = teacher.client.post(path, files=files, headers=elsewhere)
    assert (refused.status_code, "不是從本系統的頁面送出" in refused.text) == (403, True)
    nobody = Visitor(county.client)
    asks = nobody.client.post(path, files=files, headers=FROM_US, follow_redirects=False)
    assert (asks.status_code, asks.headers["Location"][:9]) == (303, "/sign-in?")
    # Every other page keeps the small limit, and says so on a page.
    small = teacher.client.post(take, content=large, headers=FROM_US)
    assert (small.status_code, small.headers["Content-Type"][:9]) == (413, "text/html")
