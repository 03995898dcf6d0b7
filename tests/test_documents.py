"""A file on any record: known by its content, kept outside the web root, given out by the record's rights."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from records import package
from records.documents import BadFile, keep, place
from records.models import Document
from tests import cast

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(autouse=True)
def kept_here(settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path / "documents"


@pytest.fixture
def plan(world) -> Document:
    kept = keep(io.BytesIO(PDF), "계획서.pdf")
    return Document.objects.create(record_id=world.alpha.id, title_ko="계획서", kind="plan", **kept)


def test_a_file_is_kept_by_its_content(plan):
    assert place(plan.sha256).read_bytes() == PDF
    assert (plan.content_type, plan.size, plan.file_name) == ("application/pdf", len(PDF), "계획서.pdf")


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("run.exe", b"MZ", "not taken"),
        ("plan.pdf", b"MZ\x90\x00 an exe in disguise", "by its content"),
        ("photo.png", PDF, "by its content"),
        ("empty.pdf", b"", "empty"),
        ("notes.txt", b"a\x00b", "by its content"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_with_a_sentence(name, content, said, tmp_path):
    with pytest.raises(BadFile, match=said):
        keep(io.BytesIO(content), name)
    assert not [p for p in (tmp_path / "documents").rglob("*") if p.is_file()]


def test_a_file_is_given_out_as_an_attachment(plan, client):
    response = client.get(f"/ko/documents/{plan.id}/file/")
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_hidden_document_does_not_exist_for_a_stranger(plan, client, officer):
    Document.objects.update(visibility=2)
    assert client.get(f"/ko/documents/{plan.id}/file/").status_code == 404
    client.force_login(officer)
    assert client.get(f"/ko/documents/{plan.id}/file/").status_code == 200


def test_files_go_out_with_the_package_and_come_back(plan, tmp_path, settings):
    package.dump(tmp_path / "out")
    settings.DOCUMENTS_DIR = tmp_path / "elsewhere"
    package.load(tmp_path / "out")
    assert place(plan.sha256).read_bytes() == PDF


def test_a_package_without_its_files_is_refused_by_row(plan, tmp_path, settings):
    package.dump(tmp_path / "out")
    (tmp_path / "out" / "documents" / plan.sha256).unlink()
    settings.DOCUMENTS_DIR = tmp_path / "elsewhere"
    with pytest.raises(package.Refused) as refused:
        package.load(tmp_path / "out")
    assert [(p.file, p.row, p.column) for p in refused.value.problems] == [("documents.csv", 2, "sha256")]


def test_a_document_page_leads_to_its_file(plan, client):
    assert f"/en/documents/{plan.id}/file/" in client.get(f"/en/documents/{plan.id}/").content.decode()


def test_an_event_shows_its_hours_there_and_in_seoul(world, client):
    made = cast.UNDER["event"](
        world.alpha,
        "workshop",
        starts_at="2022-07-07T14:00Z",
        ends_at="2022-07-07T20:00Z",
        time_zone="America/New_York",
    )
    shown = client.get(f"/en/events/{made.id}/").content.decode()
    assert "2022-07-07 10:00 ~ 16:00" in shown and "2022-07-07 23:00 ~ 2022-07-08 05:00 in Seoul" in shown


# ---- bringing files in -------------------------------------------------------------------------------------


def upload(client, address, *files, **said):
    sent = {"kind": "minutes", "key": "k1", "files": [SimpleUploadedFile(name, content) for name, content in files]}
    return client.post(address, sent | said, headers={"accept-language": "en"})


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def test_several_files_go_on_a_record_at_once_as_one_change(desk, world):
    answer = upload(desk, f"/en/documents/new/?record={world.alpha.id}", ("회의록.pdf", PDF), ("notes.txt", b"hello"))
    assert answer.status_code == 302 and answer.url == "/en/programs/alpha/"
    found = {d.file_name: d for d in Document.objects.all()}
    assert (found["회의록.pdf"].title_ko, found["notes.txt"].title_en) == ("회의록", "notes")
    assert len({d.change_id for d in found.values()}) == 1
    assert {d.kind for d in found.values()} == {"minutes"}
    page = desk.get("/en/programs/alpha/").content.decode()
    assert "notes.txt" in page and "회의록" in page


def test_a_second_click_adds_nothing(desk, world):
    for _n in range(2):
        upload(desk, f"/en/documents/new/?record={world.alpha.id}", ("a.txt", b"a"))
    assert Document.objects.count() == 1


def test_one_bad_file_adds_none_and_the_good_ones_need_not_be_sent_again(desk, world):
    address = f"/en/documents/new/?record={world.alpha.id}"
    refused = upload(desk, address, ("a.txt", b"a"), ("run.exe", b"MZ"), dated_on="2025. 8. 31.")
    text = refused.content.decode()
    assert refused.status_code == 400 and "“run.exe” is not taken" in text and "a.txt" in text
    assert Document.objects.count() == 0
    ready = refused.context["form"].initial["ready"]
    upload(desk, address, dated_on="2025. 8. 31.", ready=ready)
    assert Document.objects.get().dated_on == "2025-08-31"


def test_what_is_kept_for_a_form_cannot_be_made_up(desk, world):
    forged = upload(desk, f"/en/documents/new/?record={world.alpha.id}", ready="eyJzaGEyNTYiOiJ4In0:1:x")
    assert forged.status_code == 400 and Document.objects.count() == 0


def test_a_file_that_is_too_large_is_refused_by_name_while_it_comes(desk, world, monkeypatch):
    monkeypatch.setattr("records.document_pages.LARGEST", 1000)
    refused = upload(desk, f"/en/documents/new/?record={world.alpha.id}", ("big.txt", b"x" * 200_000))
    assert refused.status_code == 400 and "“big.txt” is larger than" in refused.content.decode()


def test_no_file_and_a_bad_date_are_said_at_once(desk, world):
    refused = upload(desk, f"/en/documents/new/?record={world.alpha.id}", dated_on="sometime").content.decode()
    assert "Choose a file." in refused and "“sometime” is not a date" in refused


def test_a_former_file_is_found_however_many_versions_came_after_it(desk, plan):
    upload(desk, f"/en/documents/{plan.id}/replace/", ("plan2.pdf", PDF + b" "), version=1, kind="plan")
    for n in range(60):
        Document.objects.filter(pk=plan.pk).update(title_en=f"Title {n}")
    page = desk.get(f"/en/documents/{plan.id}/").content.decode()
    assert "?version=1" in page and page.count("?version=") == 1
    assert b"".join(desk.get(f"/ko/documents/{plan.id}/file/?version=1").streaming_content) == PDF
    assert desk.get(f"/ko/documents/{plan.id}/file/?version=x").status_code == 404


def test_a_replaced_file_stays_and_can_be_fetched(desk, plan):
    newer = PDF.replace(b"Catalog", b"Catalogue")
    upload(desk, f"/en/documents/{plan.id}/replace/", ("plan2.pdf", newer), version=1, kind="plan")
    plan.refresh_from_db()
    assert (plan.file_name, plan.version) == ("plan2.pdf", 2)
    assert b"".join(desk.get(f"/ko/documents/{plan.id}/file/").streaming_content) == newer
    assert b"".join(desk.get(f"/ko/documents/{plan.id}/file/?version=1").streaming_content) == PDF
    assert desk.get(f"/ko/documents/{plan.id}/file/?version=7").status_code == 404
    assert "계획서.pdf" in desk.get(f"/en/documents/{plan.id}/").content.decode()


def test_of_two_who_replace_a_file_the_later_is_told(desk, plan):
    upload(desk, f"/en/documents/{plan.id}/replace/", ("b.txt", b"b"), version=1, kind="plan")
    late = upload(desk, f"/en/documents/{plan.id}/replace/", ("c.txt", b"c"), version=1, kind="plan", key="k2")
    assert late.status_code == 400 and "meanwhile" in late.content.decode()


def test_a_document_is_as_hidden_as_its_record(desk, world):
    hidden = cast.program("hidden", visibility=cast.INTERNAL)
    upload(desk, f"/en/documents/new/?record={hidden.id}", ("a.txt", b"a"))
    assert Document.objects.get().visibility == cast.INTERNAL


@pytest.mark.parametrize("role, status", [("anonymous", 302), ("viewer", 403), ("partner", 403), ("officer", 200)])
def test_who_may_add_files(client, world, role, status):
    by = cast.cast(world)[role]
    client.force_login(by) if by else client.logout()
    assert client.get(f"/en/documents/new/?record={world.alpha.id}").status_code == status
    assert upload(client, f"/en/documents/new/?record={world.alpha.id}").status_code == (
        400 if status == 200 else status
    )


def test_files_cannot_be_put_on_what_one_does_not_see(desk):
    for record in ("", "x", "00000000-0000-7000-8000-000000000000"):
        assert desk.get(f"/en/documents/new/?record={record}").status_code == 404


# ---- by API ------------------------------------------------------------------------------------------------


def post(client, address, version=None, **data):
    headers = {"accept-language": "en"} | ({"if-match": f'"{version}"'} if version else {})
    return client.post(f"/api/v1/documents/{address}", data, headers=headers)


def test_a_file_comes_in_goes_out_and_is_replaced_by_api(desk, world):
    said = {"record": world.alpha.id, "kind": "plan", "title_en": "Plan", "aliases": '["P"]', "reason": "new"}
    made = post(desk, "", file=SimpleUploadedFile("plan.pdf", PDF), **said)
    assert made.status_code == 201 and made.json()["aliases"] == ["P"]
    at = f"{made.json()['id']}/file/"
    assert b"".join(desk.get(f"/api/v1/documents/{at}").streaming_content) == PDF
    assert post(desk, at, file=SimpleUploadedFile("b.txt", b"b")).status_code == 428
    assert post(desk, at, 1, file=SimpleUploadedFile("b.txt", b"b")).json()["file_name"] == "b.txt"
    assert b"".join(desk.get(f"/api/v1/documents/{at}?version=1").streaming_content) == PDF


def test_every_fault_of_an_upload_by_api_has_its_pointer(desk, world):
    refused = post(desk, "", record=world.alpha.id, kind="nonsense", title_en="x")
    assert {e["pointer"] for e in refused.json()["errors"]} == {"#/kind", "#/file"}
    refused = post(desk, "", record=world.alpha.id, kind="plan", file=SimpleUploadedFile("run.exe", b"MZ"), sha256="a")
    assert {e["pointer"] for e in refused.json()["errors"]} == {"#/sha256", "#/file"}


def test_files_come_by_api_from_officers_only(client, world):
    assert post(client, "", record=world.alpha.id).status_code == 401
    client.force_login(cast.user("viewer"))
    assert post(client, "", record=world.alpha.id).status_code == 403
