"""Writes of the API with an Idempotency-Key: they act once, and whoever asks again is answered as the first time."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.response import Response

from config.urls import urlpatterns as addresses
from people.models import Researcher, User
from programs.models import Program
from records import tasks
from records.answers import ApiView
from records.models import Document, Job, KeptAnswer, SavedView
from tests import cast
from tests.test_api import problem
from tests.test_commands import together


class Needing(ApiView):
    """A write that is refused without a key, as reports are."""

    key_required = True

    def list(self, request):
        return Response({})

    def create(self, request):
        return Response({}, status=201)


urlpatterns = [path("api/v1/needing/", Needing.as_view({"get": "list", "post": "create"})), *addresses]


def asked(client: Client, method: str, address: str, body=None, key="k", **headers):
    headers = {"accept-language": "en"} | headers | ({"idempotency-key": key} if key else {})
    data = body if isinstance(body, str) else json.dumps(body or {})
    return getattr(client, method)(f"/api/v1/{address}", data, content_type="application/json", headers=headers)


@pytest.fixture
def desk(client, officer) -> Client:
    client.force_login(officer)
    return client


def one(name="One") -> dict:
    return {"name_en": name}


# ---- once --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_ten_identical_requests_at_once_make_one_record():
    officer, start = User.objects.create_user("officer", role="officer"), threading.Barrier(10)

    def send():
        client = Client()
        client.force_login(officer)
        start.wait()
        for _try in range(500):
            answer = asked(client, "post", "researchers/", one())
            if answer.status_code != 409:
                return answer
            assert answer["Retry-After"] == "1"
            time.sleep(0.02)
        raise AssertionError("still at work")

    answers = together(*[send] * 10)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == Researcher.objects.count() == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_at_work_the_second_is_told_to_ask_again():
    client = Client()
    client.force_login(User.objects.create_user("officer", role="officer"))
    held, go_on = threading.Event(), threading.Event()

    def first():
        other = Client()
        other.force_login(User.objects.get())
        with transaction.atomic():  # the request's own transaction is part of this one, and so is its lock
            answer = asked(other, "post", "researchers/", one())
            held.set()
            assert go_on.wait(30)
        return answer

    def second():
        assert held.wait(30)
        try:
            return asked(client, "post", "researchers/", one())
        finally:
            go_on.set()

    done, told = together(first, second)
    assert done.status_code == 201
    assert problem(told, 409)["detail"].startswith("A request with this Idempotency-Key is being carried out")
    assert told["Retry-After"] == "1"
    assert asked(client, "post", "researchers/", one())["Idempotent-Replayed"] == "true"


def test_a_replay_is_the_first_answer_also_after_the_record_changed(desk, world):
    first = asked(desk, "patch", "programs/alpha/", {"name_en": "First"}, **{"if-match": '"1"'})
    asked(desk, "patch", "programs/alpha/", {"name_en": "Second"}, key="other", **{"if-match": '"2"'})
    again = asked(desk, "patch", "programs/alpha/", {"name_en": "First"}, **{"if-match": '"1"'})
    assert (again.status_code, again.content, again["ETag"]) == (200, first.content, '"2"')
    assert again["Content-Type"] == first["Content-Type"] and again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Program.objects.get(slug="alpha").name_en == "Second"


def test_a_replay_in_another_language_is_the_same_request(desk, world):
    asked(desk, "post", "researchers/?lang=en", one())
    assert asked(desk, "post", "researchers/?lang=ko", one())["Idempotent-Replayed"] == "true"


def test_what_is_deleted_or_begun_is_answered_again_as_it_was(desk, world, monkeypatch):
    view = asked(desk, "post", "views/", {"list": "projects", "name": "Mine", "query": ""}, key="make").json()
    gone = [asked(desk, "delete", f"views/{view['id']}/", **{"if-match": '"1"'}) for _n in range(2)]
    assert [(a.status_code, a.content) for a in gone] == [(204, b"")] * 2 and not SavedView.objects.exists()
    assert "Content-Type" not in gone[0] and "Content-Type" not in gone[1]
    monkeypatch.setattr("records.jobs.AT_ONCE", 0)
    edit = {"filter": "", "set": {"status": "completed"}}
    begun = [asked(desk, "post", "projects/bulk/", edit, key="job") for _n in range(2)]
    assert [a.status_code for a in begun] == [202] * 2 and begun[0]["Location"] == begun[1]["Location"]
    assert Job.objects.count() == 1


def test_a_file_sent_again_is_the_same_request_and_another_file_is_not(desk, world):
    def send(content: bytes):
        sent = {"record": str(world.alpha.id), "kind": "plan", "title_en": "Plan"}
        file = SimpleUploadedFile("a.txt", content, "text/plain")
        headers = {"idempotency-key": "k", "accept-language": "en"}
        return desk.post("/api/v1/documents/", sent | {"file": file}, headers=headers)

    first, again = send(b"one"), send(b"one")
    assert first.status_code == 201 and again.content == first.content and "Idempotent-Replayed" in again
    assert problem(send(b"two"), 422) and Document.objects.count() == 1
    assert b"".join(desk.get(f"/api/v1/documents/{first.json()['id']}/file/").streaming_content) == b"one"


# ---- another request ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "address", "body", "headers"),
    [
        ("post", "researchers/", one("Two"), {}),
        ("post", "researchers/?money=minor", one(), {}),
        ("post", "institutions/", one(), {}),
        ("patch", "researchers/", one(), {}),
        ("post", "researchers/", one(), {"if-match": '"1"'}),
    ],
)
def test_a_key_used_for_another_request_is_refused(desk, method, address, body, headers):
    assert asked(desk, "post", "researchers/", one()).status_code == 201
    answer = asked(desk, method, address, body, **headers)
    if method == "patch":
        assert answer.status_code == 405
    else:
        assert "Use a new one for each request" in problem(answer, 422)["detail"]
    assert Researcher.objects.count() == 1


def test_two_people_may_use_one_key(desk, world):
    assert asked(desk, "post", "researchers/", one()).status_code == 201
    desk.force_login(cast.user("administrator"))
    assert "Idempotent-Replayed" not in asked(desk, "post", "researchers/", one())
    assert Researcher.objects.filter(name_en="One").count() == 2


# ---- what is not kept --------------------------------------------------------------------------------------


def test_a_refused_request_keeps_nothing_and_its_key_may_be_used_for_the_corrected_one(desk, world):
    assert asked(desk, "post", "researchers/", {"name_en": ""}).status_code == 400
    assert not KeptAnswer.objects.exists()
    assert asked(desk, "post", "researchers/", one()).status_code == 201
    assert asked(desk, "patch", "programs/alpha/", {"name_en": "A"}, key="p", **{"if-match": '"7"'}).status_code == 412
    assert asked(desk, "patch", "programs/alpha/", {"name_en": "A"}, key="p", **{"if-match": '"1"'}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_one_that_breaks_on_the_way_leaves_nothing_behind(monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_user("officer", role="officer"))
    with monkeypatch.context() as breaking:
        breaking.setattr("records.kept_answers.KeptAnswer.of", lambda *_a, **_k: 1 / 0)
        assert asked(client, "post", "researchers/", one()).status_code == 500
    assert not Researcher.objects.exists() and not KeptAnswer.objects.exists()
    assert asked(client, "post", "researchers/", one()).status_code == 201


def test_an_answer_is_kept_for_three_days(desk, db):
    asked(desk, "post", "researchers/", one())
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=71))
    tasks.forget_submissions()
    assert "Idempotent-Replayed" in asked(desk, "post", "researchers/", one())
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=73))
    tasks.forget_submissions()
    assert "Idempotent-Replayed" not in asked(desk, "post", "researchers/", one())


# ---- the key -----------------------------------------------------------------------------------------------


def test_where_a_key_is_needed_a_write_without_one_is_refused(desk, settings):
    settings.ROOT_URLCONF = __name__
    for key in ("", " "):
        assert "Send an Idempotency-Key" in problem(asked(desk, "post", "needing/", key=key), 400)["detail"]
    assert desk.get("/api/v1/needing/").status_code == 200
    assert asked(desk, "post", "needing/").status_code == 201
    assert asked(desk, "delete", "needing/", key="").status_code == 405
    desk.logout()
    assert asked(desk, "post", "needing/", key="").status_code == 401


def test_a_key_has_200_characters_at_most(desk, db):
    assert asked(desk, "post", "researchers/", one(), key="k" * 200).status_code == 201
    assert "200 characters" in problem(asked(desk, "post", "researchers/", one(), key="k" * 201), 400)["detail"]


def test_a_body_that_is_too_large_is_refused_with_a_sentence(desk, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert "too large" in problem(asked(desk, "post", "researchers/", one("x" * 100)), 413)["detail"]


def test_who_is_not_signed_in_is_told_so_before_anything_about_keys(client, db):
    assert asked(client, "post", "researchers/", one()).status_code == 401 and not KeptAnswer.objects.exists()


def test_the_schema_tells_of_the_key_at_every_write(client, db):
    paths = client.get("/api/schema/?format=json").json()["paths"]
    for address, operations in paths.items():
        for method, said in operations.items():
            headers = [p["name"] for p in said.get("parameters", ()) if p["in"] == "header"]
            is_write = method in ("post", "put", "patch", "delete")
            assert headers.count("Idempotency-Key") == is_write, (method, address)
            assert {"409", "422"} <= set(said["responses"]) or not is_write
