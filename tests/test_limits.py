"""How often and how much may be asked: exactly so often, whoever counts; and what is large is not felt by those who ask little."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from uuid import uuid4

import pytest
import redis
from django.db import connection
from django.test import Client, RequestFactory

from config import heavy, limits
from config.limits import AHEAD, Limit, take
from records import aggregates_api
from tests import cast
from tests.test_tokens import token

pytestmark = pytest.mark.usefixtures("english")
DAY = 24 * 3600  # in which next to nothing comes back while a test runs


@pytest.fixture(autouse=True)
def valkey_has_time(monkeypatch):
    """Two hundred threads on a busy machine may be served later than a web process would wait."""
    monkeypatch.setattr(limits, "PATIENCE", 60)
    monkeypatch.setattr(limits, "_silent", limits.Silence())
    monkeypatch.setattr(limits, "_ahead", limits.Ahead())
    limits._script.cache_clear()
    yield
    limits._script.cache_clear()


@pytest.fixture
def key() -> str:
    return uuid4().hex


@pytest.fixture
def allowed(settings, monkeypatch):
    """`allowed(anonymous=3)`: so many requests a day; counted anew in each test."""

    def set_to(**most):
        settings.API_LIMITS = {"anonymous": 10**6, "account": 10**6, "token": 10**6} | most

    client = redis.Redis.from_url(settings.REDIS_URL)
    monkeypatch.setattr(limits, "take", lambda key, limit: take(key, Limit(limit.name, limit.most, DAY)))
    for name in client.keys("registry:limit:*"):
        client.delete(name)
    return set_to


# ---- counting ----------------------------------------------------------------------------------------------


def test_of_two_hundred_at_once_exactly_the_allowed_number_gets_through(key):
    start = threading.Barrier(200)

    def ask(_n) -> bool:
        start.wait()
        return take(key, Limit("test", 37, DAY)).is_allowed

    with ThreadPoolExecutor(200) as threads:
        assert sum(threads.map(ask, range(200))) == 37


ASK = """
import sys, django; django.setup()
from config.limits import AHEAD, Limit, take
print(sum(take(sys.argv[1], Limit("test", 37, 86400)).is_allowed for _n in range(30)))
"""


def test_two_processes_count_as_one(key, settings):
    begun = [
        subprocess.Popen([sys.executable, "-c", ASK, key], stdout=subprocess.PIPE, cwd=settings.BASE_DIR) for _n in "ab"
    ]
    assert sum(int(process.communicate()[0]) for process in begun) == 37


OFTEN = """
import sys, django; django.setup()
from config.limits import AHEAD, Limit, take
print(sum(take(sys.argv[1], Limit("test", 3000, 86400)).is_allowed for _n in range(4000)))
"""


def test_what_processes_take_ahead_is_never_more_than_the_limit(key, settings):
    begun = [
        subprocess.Popen([sys.executable, "-c", OFTEN, key], stdout=subprocess.PIPE, cwd=settings.BASE_DIR)
        for _n in "ab"
    ]
    assert 3000 - 2 * AHEAD <= sum(int(process.communicate()[0]) for process in begun) <= 3000


def test_of_many_threads_that_ask_often_none_loses_what_another_took_ahead(key, monkeypatch):
    monkeypatch.setattr(limits, "LEAST", DAY * 1_000_000)
    limit, start = Limit("test", 3000, DAY), threading.Barrier(20)

    def ask(_n) -> int:
        start.wait()
        return sum(take(key, limit).is_allowed for _m in range(200))

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(ask, range(20))) == 3000


def test_most_requests_of_who_asks_often_need_no_round_trip(key, monkeypatch):
    asked, script = [], limits._script()
    limit = Limit("test", 3000, DAY)
    with monkeypatch.context() as patched:
        patched.setattr(limits, "_script", lambda: lambda **words: asked.append(words) or script(**words))
        left = [take(key, limit).left for _n in range(500)]
    assert left == list(range(2999, 2499, -1)) and len(asked) < 50


def test_what_was_taken_ahead_and_not_used_is_not_used_later(key, monkeypatch):
    limit = Limit("test", 3000, DAY)
    assert [take(key, limit).left for _n in range(2)] == [2999, 2998]
    now = limits.time.monotonic
    monkeypatch.setattr(limits.time, "monotonic", lambda: now() + DAY)
    assert take(key, limit).left == 2999 - AHEAD - 1


def test_what_is_left_is_told_and_what_is_refused_costs_nothing(key):
    limit = Limit("test", 3, DAY)
    assert [take(key, limit).left for _n in range(3)] == [2, 1, 0]
    over = [take(key, limit) for _n in range(5)]
    assert not any(taken.is_allowed for taken in over)
    assert all(0 < taken.retry_after <= DAY / 3 for taken in over)
    assert take(uuid4().hex, limit).is_allowed


def test_at_no_edge_of_a_window_twice_as_much_gets_through(key, settings):
    """Who has used half of it finds half of it, whenever the minute of a clock begins."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    seconds, micros = client.time()
    client.set(f"registry:limit:test:{key}", seconds * 1_000_000 + micros + DAY * 1_000_000 // 2)
    assert sum(take(key, Limit("test", 40, DAY)).is_allowed for _n in range(80)) == 20
    assert 0 < client.ttl(f"registry:limit:test:{key}") <= DAY


def test_without_valkey_everybody_is_let_through_and_the_log_says_it_once(key, settings, monkeypatch, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(limits, "RESPITE", -1)  # ask it each time
    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(lambda _n: take(key, Limit("test", 1)), range(60)))
    assert all(taken.is_allowed for taken in found)
    assert set(found[0].headers) == {"RateLimit-Policy"}
    assert [record.levelname for record in caplog.records] == ["ERROR"]


# ---- who is counted ----------------------------------------------------------------------------------------


def whose(token=None, user=None, address="192.0.2.7"):
    request = RequestFactory().get("/api/v1/", REMOTE_ADDR=address)
    request.token, request.user = token, user
    if user:
        request.COOKIES["sessionid"] = "x"
    return limits.whose(request)


def test_each_token_account_and_address_is_counted_by_itself():
    person = SimpleNamespace(pk=7, is_authenticated=True)
    tokens = [SimpleNamespace(pk=n) for n in (7, 8)]
    askers = [
        whose(tokens[0], person),
        whose(tokens[1], person),
        whose(user=person),
        whose(),
        whose(address="192.0.2.8"),
    ]
    assert len(set(askers)) == 5
    assert whose(tokens[0], person, "192.0.2.9") == askers[0]


def test_an_office_has_one_network_and_not_a_billion_addresses():
    assert whose(address="2001:db8:1:2::1") == whose(address="2001:db8:1:2:ffff::9") != whose(address="2001:db8:1:3::1")


def test_what_others_use_up_is_not_missed(api, world, officer, allowed):
    allowed(anonymous=2, account=5)
    assert [api("programs/").status_code for _n in range(4)] == [200, 200, 429, 429]
    answer = api("programs/", by=officer)
    assert answer.status_code == 200
    assert answer["RateLimit"].startswith('"account";r=4;')


def test_guessing_tokens_is_counted_by_the_address_of_who_guesses(client, world, allowed):
    allowed(anonymous=2)
    guess = [client.get("/api/v1/programs/", headers={"authorization": f"Bearer reg_{n}"}) for n in range(4)]
    assert [answer.status_code for answer in guess] == [401, 401, 429, 429]
    mine = client.get("/api/v1/programs/", headers={"authorization": f"Bearer {token()[1]}"})
    assert mine.status_code == 200
    assert mine["RateLimit-Policy"] == f'"token";q=1000000;w={DAY}'


# ---- what answers say --------------------------------------------------------------------------------------


def test_every_answer_of_the_api_says_what_is_left(client, world, allowed):
    allowed(anonymous=100)
    etag = client.get("/api/v1/programs/alpha/")["ETag"]
    asked = [
        (200, client.get("/api/v1/programs/")),
        (200, client.get("/api/schema/")),
        (200, client.options("/api/v1/programs/")),
        (304, client.get("/api/v1/programs/alpha/", headers={"if-none-match": etag})),
        (400, client.get("/api/v1/programs/?nonsense=1")),
        (401, client.post("/api/v1/programs/", {}, content_type="application/json")),
        (401, client.get("/api/v1/programs/", headers={"authorization": "Bearer reg_nonsense"})),
        (404, client.get("/api/v1/programs/nobody/")),
        (404, client.get("/api/nonsense")),
        (406, client.get("/api/v1/programs/", headers={"accept": "image/png"})),
    ]
    for status, answer in asked:
        assert answer.status_code == status
        assert answer["RateLimit-Policy"] == f'"anonymous";q=100;w={DAY}', status
    left = [int(answer["RateLimit"].split(";")[1][2:]) for _status, answer in asked]
    assert left == list(range(98, 88, -1))


def test_who_asks_too_often_is_told_when_to_ask_again(api, world, allowed):
    allowed(anonymous=1)
    api("programs/")
    answer = api("programs/")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert answer["RateLimit"] == f'"anonymous";r=0;t={answer["Retry-After"]}'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too_many_requests"


def test_pages_are_not_counted_and_without_a_limit_nothing_is_said(client, world, allowed):
    allowed(anonymous=1)
    assert all("RateLimit" not in client.get("/en/programs/") for _n in range(3))
    allowed(anonymous=0)
    assert "RateLimit-Policy" not in client.get("/api/v1/programs/")


# ---- large questions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("programs/", False), ("programs/?status=running&limit=1000", False), ("programs/?search=", False),
        ("programs/?group_by=status", True), ("programs/?count=exact", True), ("programs/?search=a", True),
        ("programs/?known_at=2024", True), ("rollups/", True), ("rollups/?program=alpha", False),
    ],
)  # fmt: skip
def test_what_looks_at_many_rows_is_known_by_its_address(address, expected):
    assert heavy.is_heavy(RequestFactory().get(f"/api/v1/{address}")) is expected


def test_one_asker_never_has_all_turns():
    turns = heavy.Turns(3, 2)
    with turns.one("a"), turns.one("a"):
        with pytest.raises(heavy.Full) as full, turns.one("a"):
            pass
        assert full.value.is_own
        with turns.one("b"), pytest.raises(heavy.Full) as full, turns.one("c"):
            pass
        assert not full.value.is_own
    with turns.one("c"), turns.one("b"), turns.one("a"):
        pass


def test_a_quick_question_before_one_is_waited_for():
    turns, began = heavy.Turns(1, 1), threading.Event()

    def quick():
        with turns.one("a"):
            began.set()

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(quick) for _n in range(40)]
        assert began.wait(30)
        assert [one.exception() for one in asked] == [None] * 40


@pytest.mark.django_db(transaction=True)
def test_a_light_list_is_answered_while_twenty_large_questions_run(monkeypatch):
    """In eight threads, as a web process has them. The large ones end only after the light one was answered."""
    cast.program("alpha")
    running, end = threading.Semaphore(0), threading.Event()
    answer = aggregates_api.groups_answer

    def slowly(view):
        running.release()
        assert end.wait(60)
        return answer(view)

    monkeypatch.setattr("records.api.groups_answer", slowly)
    with ThreadPoolExecutor(8) as threads:
        large = [threads.submit(get, "programs/?group_by=status", f"192.0.2.{n}") for n in range(20)]
        try:
            assert running.acquire(timeout=60)
            light = threads.submit(get, "programs/?limit=1", "192.0.2.99").result(60)
            assert light.status_code == 200
            assert sum(not one.done() for one in large) == heavy.turns.at_once  # the others are not waiting any more
        finally:
            end.set()
        answers = [one.result() for one in large]
        list(threads.map(lambda _n: connection.close(), range(32)))
    assert sorted(one.status_code for one in answers) == [200] * heavy.turns.at_once + [503] * (
        20 - heavy.turns.at_once
    )
    busy = next(one for one in answers if one.status_code == 503)
    assert busy.json()["code"] == "busy"
    assert int(busy["Retry-After"]) > 0


def get(address: str, by: str):
    try:
        return Client(REMOTE_ADDR=by).get(f"/api/v1/{address}", headers={"accept-language": "en"})
    finally:
        connection.close()


def sleep(seconds: int, *_args, **_more):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["", "&known_at=2025-01-01"])
def test_a_question_that_takes_too_long_is_ended_and_says_what_to_do(api, monkeypatch, settings, moment):
    settings.API_STATEMENT_SECONDS = 0.1
    monkeypatch.setattr("records.aggregates.answer", partial(sleep, 60))
    answer = api(f"programs/?group_by=status{moment}")
    assert answer.status_code == 422
    assert answer.json()["code"] == "too_costly"
    assert "Narrow it" in answer.json()["detail"]
    assert api("programs/?limit=1").status_code == 200  # the connection is as good as before
    heavy.hold_to(0)


def allowed_seconds() -> str:
    return cast.sql("SHOW statement_timeout")[0][0]


@pytest.mark.django_db(transaction=True)
def test_only_what_the_api_reads_is_held_to_a_time(client, settings):
    settings.API_STATEMENT_SECONDS = 10
    cast.program("alpha")
    seen = {}
    client.get("/api/v1/programs/")
    seen["list"] = allowed_seconds()
    client.get("/en/programs/")
    seen["page"] = allowed_seconds()
    client.get("/api/v1/programs/")
    b"".join(client.get("/api/v1/programs/?format=csv").streaming_content)
    seen["file"] = allowed_seconds()
    client.get("/api/v1/programs/")
    client.post("/api/v1/programs/", {}, content_type="application/json")
    seen["write"] = allowed_seconds()
    assert seen == {"list": "10s", "page": "0", "file": "0", "write": "0"}


@pytest.mark.django_db(transaction=True)
def test_the_time_is_told_to_a_connection_once(client, settings, django_assert_num_queries):
    settings.API_STATEMENT_SECONDS = 10
    client.get("/api/v1/programs/")
    with django_assert_num_queries(0):
        heavy.hold_to(10)
    connection.close()
    client.get("/api/v1/programs/")
    assert allowed_seconds() == "10s"
    heavy.hold_to(0)
