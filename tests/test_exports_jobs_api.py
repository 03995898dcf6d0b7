"""Files by job: asked for by API, also with a token that may only read, and fetched there by who asked, from any byte on."""

import gzip
import io
import json
import zipfile
from datetime import date
from types import SimpleNamespace

import openpyxl
import pytest
from django.utils.translation import override

from people.commands.tokens import make_token
from records.export_jobs import EXPORT, EXPORT_ALL
from records.job_runs import JobRun
from records.jobs import Job
from records.kinds import kinds
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, ask
from tests.test_tokens import bearer

pytestmark = pytest.mark.django_db
AT = "/api/v1/exports/"


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    w = cast.small_world()
    for level in (PUBLIC, SHARED, INTERNAL):
        cast.one_of_each(w, level)
    w.cast = cast.cast(w)
    return w


@pytest.fixture
def post(client):
    def send(body: dict, by=None, address=AT, **headers):
        client.force_login(by) if by else client.logout()
        return client.post(address, body, content_type="application/json", headers={"accept-language": "en"} | headers)

    return send


def errors(answer) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {error["pointer"]: error["detail"] for error in answer.json()["errors"]}


def made(job: Job) -> bytes:
    """What the job writes, done here and now as a worker does it, for its owner of today."""
    job.attempts, job.state = 1, "running"
    job.save()
    run = JobRun(job)
    with override(job.language):
        outcome = job.declared.function(run, **job.parameters)
    job.state, job.ended_at, job.file_name = "done", job.created_at, run.file_name
    job.sentence, job.result = outcome.sentence, outcome.data
    job.save()
    return job.file.read_bytes()


# ---- a list as a workbook ----------------------------------------------------------------------------------


def test_a_workbook_is_asked_for_and_fetched_by_api(w, post, client):
    officer = w.cast["officer"]
    asked = {"format": "xlsx", "list": "projects", "query": "status=running&sort=-slug&fields=slug,title&as_of=2025"}
    answer = post(asked, officer)
    assert answer.status_code == 202 and answer["Location"] == answer.json()["url"]
    job = Job.objects.get(id=answer.json()["job"])
    assert job.work == EXPORT.name and job.parameters["as_of"] == "2025-12-31"
    assert client.get(answer["Location"]).json()["file"] is None
    data = made(job)
    where = client.get(answer["Location"]).json()["file"]
    assert b"".join(client.get(where)) == data
    lines = list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))
    assert lines[0] == ("ID", "Version", "Short name in addresses", "Title (Korean)", "Title (English)")
    rows = ask("project", "status=running&sort=-slug&limit=1000", officer, as_of=date(2025, 12, 31)).page().rows
    assert [line[0] for line in lines[1:]] == [str(row.id) for row in rows]
    assert job.result == {"rows": len(rows)}


def test_without_fields_it_has_the_columns_of_the_csv(w, post, client):
    job = Job.objects.get(id=post({"format": "xlsx", "list": "programs"}, w.cast["partner"]).json()["job"])
    head = next(openpyxl.load_workbook(io.BytesIO(made(job))).active.iter_rows(values_only=True))
    csv = b"".join(client.get("/api/v1/programs/?format=csv")).decode()
    assert len(head) == len(csv.partition("\r\n")[0].split(","))


def test_a_download_goes_on_where_it_broke_off_and_is_its_owners(w, post, client):
    job = Job.objects.get(id=post({"format": "xlsx", "list": "programs"}, w.cast["partner"]).json()["job"])
    data, where = made(job), f"/api/v1/jobs/{job.id}/file/"
    part = client.get(where, headers={"range": "bytes=100-"})
    assert part.status_code == 206 and b"".join(part) == data[100:]
    assert part["Cache-Control"].startswith("private") and ".xlsx" in part["Content-Disposition"]
    page = client.get(f"/en/jobs/{job.id}/file/", headers={"range": "bytes=0-9"})
    assert page.status_code == 206 and b"".join(page) == data[:10]
    for other in ("stranger", "officer"):
        client.force_login(w.cast[other])
        assert client.get(where).status_code == 404
    client.logout()
    assert client.get(where).status_code in (401, 404)


@pytest.mark.parametrize("scope", ["read", "report", "write"])
def test_a_token_that_may_only_read_may_ask_for_files_and_for_nothing_else(w, post, client, scope):
    partner = w.cast["partner"]
    _token, key = make_token(by=partner, name=scope, scope=scope)
    sent = bearer(key)["headers"]
    answer = post({"format": "xlsx", "list": "programs"}, **sent)
    assert answer.status_code == 202
    data = made(Job.objects.get(id=answer.json()["job"]))
    assert b"".join(client.get(f"{answer.json()['url']}file/", headers=sent)) == data
    if scope != "write":
        assert post({}, address="/api/v1/programs/", **sent).status_code == 403
        assert post({}, address=f"{answer.json()['url']}cancel/", **sent).status_code == 403


def test_asked_twice_under_a_key_it_is_one_job(w, post):
    body, key = {"format": "xlsx", "list": "programs"}, {"idempotency-key": "one"}
    first, second = (post(body, w.cast["partner"], **key).json() for _ in range(2))
    assert first == second and Job.objects.filter(work=EXPORT.name).count() == 1


def test_what_is_wrong_is_said_at_once_in_its_place(w, post):
    officer = w.cast["officer"]
    found = errors(post({"format": "pdf", "list": "projekts"}, officer))
    assert set(found) == {"#/format", "#/list"} and "projects" in found["#/list"]
    answer = post({"format": "xlsx", "list": "projects", "query": "colour=red&limit=5&as_of=x&columns=title"}, officer)
    said = " ".join(error["detail"] for error in answer.json()["errors"])
    assert answer.status_code == 400 and all(word in said for word in ("colour", "limit", "“x”", "fields"))
    assert set(errors(post({"format": 5, "list": [], "more": 1}, officer))) >= {"#/more"}
    assert post({"format": "xlsx", "list": "projects"}).status_code == 401
    assert Job.objects.count() == 0


# ---- everything --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["partner", "stranger", "officer"])
def test_everything_that_one_may_see_comes_as_a_package(w, post, client, role):
    by = w.cast[role]
    job = Job.objects.get(id=post({"format": "package"}, by).json()["job"])
    assert job.work == EXPORT_ALL.name
    with zipfile.ZipFile(io.BytesIO(made(job))) as packed:
        about = json.loads(packed.read("datapackage.json"))
        assert {one["path"] for one in about["resources"]} == set(packed.namelist()) - {"datapackage.json"}
        for one, kind in zip(about["resources"], kinds().values(), strict=True):
            asked = b"".join(client.get(f"/api/v1/{kind.plural}/?format=csv&sort=id"))
            assert gzip.decompress(packed.read(one["path"])) == asked
    assert "id" not in about and "licenses" not in about
    assert about["totals"] == client.get("/api/v1/rollups/").json()["results"]
    assert job.result == {"rows": sum(one["rowCount"] for one in about["resources"])}
