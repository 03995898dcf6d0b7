"""A file on any record: known by its content, kept outside the web root, given out by the record's rights."""

import io

import pytest

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
