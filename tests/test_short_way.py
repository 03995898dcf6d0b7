"""The short way of the API says what the long way says, byte for byte and header for header, and never anything old."""

import threading
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import RequestFactory

from people.keys import hashed
from people.models import Token
from records.rights import Visibility
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def door():
    """The web's own application, new: it has kept nothing."""
    from config import wsgi
    from config.short_way import ShortWay

    connection.ensure_connection()
    connection.connection.prepare_threshold = 10**9
    return ShortWay(wsgi.django)


@pytest.fixture
def w(db) -> SimpleNamespace:
    w = cast.small_world()
    for visibility in (PUBLIC, SHARED, INTERNAL):
        cast.one_of_each(w, visibility)
    w.people = {
        "partner": cast.user("partner", w.gist),
        "stranger": cast.user("partner", w.kaist),
        "officer": cast.user("officer"),
    }
    for name, person in w.people.items():
        Token.objects.create(owner=person, name=name, key_hash=hashed(f"reg_{name}"), prefix="reg_")
    return w


def get(application, address: str, who="", **headers) -> SimpleNamespace:
    path, _mark, query = address.partition("?")
    given = {"Authorization": f"Bearer reg_{who}"} if who else {}
    given |= {"X-Request-ID": "the-same-in-both", **headers}
    environ = RequestFactory().get(path, QUERY_STRING=query, headers=given).environ
    del environ["HTTP_COOKIE"]
    said = {}
    body = b"".join(application(environ, lambda status, headers: said.update(status=status, headers=headers)))
    headers = dict(said["headers"])
    headers.pop("RateLimit", None)  # counts down from one request to the next
    return SimpleNamespace(status=int(said["status"][:3]), headers=headers, body=body)


ADDRESSES = [
    "projects/", "projects/?status=running&sort=-starts_on&limit=2", "projects/?fields=title_ko,program&limit=3",
    "projects/?topics=x&lang=en", "institutions/?kind=university&sort=name", "roles/", "funding-amounts/?money=minor",
    "funding-lines/", "programs/alpha/", "projects/?search=project", "projects/?as_of=2024-01-01", "rollups/",
    "projects/?count=exact", "projects/?nothing=1", "nothing/", "projects/?cursor=x", "projects/?lang=fr", "documents/",
    "projects/?limit=1&limit=2", "projects/?known_at=2999-01-01T00:00:00Z", "projects/?program=nobody", "changes/",
]  # fmt: skip


@pytest.mark.parametrize("who", ["", "partner", "officer", "nobody"])
def test_both_ways_say_the_same(door, w, who):
    for address in ADDRESSES:
        address = f"/api/v1/{address}"
        long = get(door.django, address, who)
        for _time in range(3):  # on the long way, on the short one, as kept
            short = get(door, address, who)
            assert set(short.headers.items()) ^ set(long.headers.items()) == set(), address
            assert short == long, address
        if "ETag" in long.headers:
            given = {"If-None-Match": long.headers["ETag"]}
            assert get(door, address, who, **given) == get(door.django, address, who, **given), address
            assert get(door, address, who, **given).status == 304


def test_the_short_way_is_taken(door, w, monkeypatch):
    get(door, "/api/v1/projects/?limit=1")
    monkeypatch.setattr(door, "_the_long_way", None)
    answers = [get(door, f"/api/v1/projects/?limit={limit}") for limit in (1, 2, 3)]
    assert {answer.status for answer in answers} == {200}


def test_each_request_is_counted_once_on_either_way(door, w, settings):
    settings.API_LIMITS = settings.API_LIMITS | {"token": 60}
    left = []
    for address in ("projects/?limit=7", "projects/?limit=8", "projects/?limit=8", "projects/?nothing=1", "rollups/"):
        environ = (
            RequestFactory()
            .get(
                "/api/v1/" + address.partition("?")[0],
                QUERY_STRING=address.partition("?")[2],
                headers={"Authorization": "Bearer reg_officer"},
            )
            .environ
        )
        del environ["HTTP_COOKIE"]
        said = {}
        list(door(environ, lambda status, headers, said=said: said.update(headers)))
        left.append(int(said["RateLimit"].split("r=")[1].split(";")[0]))
    assert all(before - 1 <= after <= before for before, after in pairwise(left)), left


def test_nobody_is_answered_what_another_one_may_see(door, w):
    seen = {}
    for _time in range(3):
        for who in ("", "partner", "stranger", "officer"):
            body = get(door, "/api/v1/projects/?limit=1000", who).body
            assert seen.setdefault(who, body) == body
    assert len(set(seen.values())) == 4 - (seen[""] == seen["stranger"])
    cast.participation(w.kaist, w.alpha)  # now he takes part
    assert get(door, "/api/v1/projects/?limit=1000", "stranger").body != seen["stranger"]


def test_who_writes_reads_what_was_written_while_others_write(door, w):
    """Each writer asks the same question after each commit of its own, on the same door and its kept answers."""
    wrong, projects = [], [cast.project(w.alpha, f"busy-{n}") for n in range(4)]
    address = "/api/v1/projects/?program=alpha&sort=title&limit=100"

    def write(project):
        try:
            for n in range(12):
                type(project).objects.filter(id=project.id).update(title_en=f"turn {n} of {project.slug}")
                if f"turn {n} of {project.slug}".encode() not in get(door, address).body:
                    wrong.append((project.slug, n))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[project]) for project in projects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_hidden_at_once(door, w):
    project = cast.project(w.alpha, "to-be-hidden")
    address = "/api/v1/projects/?limit=1000"
    assert all(b"to-be-hidden" in get(door, address).body for _time in range(3))
    type(project).objects.filter(id=project.id).update(visibility=Visibility.INTERNAL)
    assert all(b"to-be-hidden" not in get(door, address).body for _time in range(3))


def test_what_is_kept_stays_within_its_bytes():
    from config.short_way import Answer, Kept

    kept = Kept(most_bytes=1000)
    for n in range(50):
        kept.keep((n % 20,), Answer(b"x" * 90, {}))
        kept.get((0,))
        assert kept.bytes == sum(len(one.body) for one in kept._answers.values()) <= 1000
    assert kept.get((0,)) and not kept.get((15,))
    kept.keep(("large",), Answer(b"x" * (2**20 + 1), {}))
    assert not kept.get(("large",))
