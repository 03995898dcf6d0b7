"""An answer keeps its tag as long as it says the same to the same rights, and no longer."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from funding.models import FundingLine
from labs.models import Institution, Membership
from people import commands as people
from people.models import Researcher
from programs.models import Participation, Program, Project
from records.conditional import tags_in
from records.figures import clear_stale_marks
from records.kinds import kinds
from records.models import Citation, SavedView, Visibility
from records.suggesting import suggest  # noqa: F401  the address that is asked below
from tests import cast
from tests.cast import sql
from tests.test_api import problem
from tests.test_tokens import bearer

# What answers GET without a tag: each has a state of its own that is no record's.
STATEFUL = {
    "jobs",
    "views",
    "imports",
    "dues",
    "updates",
    "undo",
    "webhooks",
    "exports",
    "schema",
    "explorer",
    "api-root",
}
ASKED = (
    "projects/", "projects/?sort=-starts_on&limit=2", "projects/?status=running&status=planned", "programs/alpha/", "projects/one/",
    "roles/", "researchers/", "funding-lines/", "programs/alpha/history/", "changes/", "timelines/", "rollups/?group_by=program",
    "rollups/lines/", "search/?q=one", "suggest/?q=hong&kind=researcher", "compare/projects/?as_of=2023&as_of_to=2025",
)  # fmt: skip


@pytest.fixture
def readers(world):
    return {name: one for name, one in cast.cast(world).items() if name in ("anonymous", "partner", "officer")}  # fmt: skip


def asked(api, readers) -> dict:
    """(tag, body) by question and by who asks it."""
    answers = {(q, who): api(q, by=by) for q in ASKED for who, by in readers.items()}
    return {key: (a.get("ETag"), a.status_code, a.content) for key, a in answers.items()}


def acts(world):
    """What may happen to a registry, with no word to anybody."""
    return [
        lambda n: Program.objects.filter(slug="alpha").update(name_en=f"Alpha {n}"),
        lambda n: sql("UPDATE programs_project SET title_en = %s WHERE slug = 'one'", f"One {n}"),
        lambda n: cast.project(world.alpha, f"new{n}"),
        lambda n: Project.objects.filter(slug="three").update(visibility=Visibility.INTERNAL),
        lambda n: Project.objects.filter(slug="three").update(visibility=Visibility.SHARED),
        lambda n: Project.objects.filter(slug="two").update(is_retired=n % 2),
        lambda n: Citation.objects.filter(record=world.alpha.id).delete(),
        lambda n: cast.amount(world.line, 2030 + n, 5, visibility=Visibility.INTERNAL),
        lambda n: FundingLine.objects.update(visibility=Visibility.SHARED),
        lambda n: Participation.objects.filter(id=world.part.id).update(is_retired=n % 2),
        lambda n: Researcher.objects.filter(id=world.hong.id).update(researcher_number=f"{n}"),
        lambda n: Researcher.objects.filter(id=world.hong.id).update(visibility=Visibility.INTERNAL),
        lambda n: Institution.objects.filter(slug="kaist").update(parent=world.gist),
        lambda n: clear_stale_marks(),
    ]


# ---- it differs where the answer does ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_an_answer_that_differs_has_another_tag(api, world, readers, seed):
    told = random.Random(seed)
    before, differed = asked(api, readers), 0
    for n, act in enumerate(told.sample(acts(world), 5)):
        act(n)
        after = asked(api, readers)
        for key, (tag, status, body) in after.items():
            assert tag or status != 200, key
            assert (status, body) == before[key][1:] or tag != before[key][0], key
            differed += body != before[key][2]
        before = after
    assert differed > 20


def test_the_same_question_has_the_same_tag_while_nothing_of_records_happens(api, world, readers, client):
    clear_stale_marks()
    before = asked(api, readers)
    user = readers["partner"]
    SavedView.objects.create(kind="project", name="mine", query="status=running", owner_id=user.pk, owner_name="p")
    people.make_token(by=user, name="another")
    cast.user("officer")
    client.force_login(readers["officer"])
    sql("INSERT INTO records_heartbeat (name, at) VALUES ('test', now())")
    assert asked(api, readers) == before


def test_figures_worked_out_anew_are_another_tag(api, world):
    clear_stale_marks()
    cast.amount(world.line, 2029, 7)
    waiting = api("rollups/?group_by=fiscal_year")
    clear_stale_marks()
    done = api("rollups/?group_by=fiscal_year", **{"If-None-Match": waiting["ETag"]})
    assert done.status_code == 200 and done["ETag"] != waiting["ETag"]
    assert (waiting["Figures"], done["Figures"]) == ("recomputing", "current")
    assert (waiting.json()["is_stale"], done.json()["is_stale"]) == (True, False)
    assert done["Data-At"] == done.json()["data_at"] == waiting["Data-At"]


# ---- 304 ---------------------------------------------------------------------------------------------------


def test_who_has_the_answer_is_told_so_before_a_row_is_read(api, world):
    firsts = {question: api(question) for question in ASKED}
    tables = [*(kind.model._meta.db_table for kind in kinds().values()), "records_record", "funding_rollup"]
    for question, first in firsts.items():
        with CaptureQueriesContext(connection) as captured:
            again = api(question, **{"If-None-Match": f'"other", {first["ETag"]}'})
        assert (again.status_code, again.content, again.get("Content-Type")) == (304, b"", None), question
        for name in ("ETag", "Cache-Control", "Vary", "Data-Version", "Data-At", "Figures"):
            assert again[name] == first[name], (question, name)
        queries = [one["sql"] for one in captured]
        assert sum("FROM public.records_change" in sql for sql in queries) == 1, question
        others = [sql for sql in queries if "FROM public.records_change" not in sql]
        assert not any(table in sql for table in tables for sql in others), question
    cast.project(world.beta)
    for question, first in firsts.items():
        assert api(question, **{"If-None-Match": first["ETag"]}).status_code == 200, question


def test_a_proxy_may_have_made_the_tag_weak(api, world):
    tag = api("projects/")["ETag"]
    assert api("projects/", **{"If-None-Match": f"W/{tag}"}).status_code == 304


def test_any_answer_will_do_for_a_star_but_there_has_to_be_one(api, world):
    star = {"If-None-Match": "*"}
    assert (api("programs/alpha/", **star).status_code, api("programs/none/", **star).status_code) == (304, 404)


def test_what_is_refused_or_gone_has_no_tag(api, world):
    for question in ("projects/?nonsense=1", "projects/none/", "projects/?limit=0"):
        assert "ETag" not in api(question)


# ---- the variant -------------------------------------------------------------------------------------------


def test_another_question_language_or_file_has_another_tag(api, world):
    answers = [
        api("projects/"), api("projects/?limit=1"), api("programs/"), api("projects/", **{"accept-language": "ko"}),
        api("projects/?lang=ko"), api("projects/?format=csv"), api("projects/?money=minor"), api("projects/?as_of=2024"),
        api("projects/?status=running"), api("projects/?status=planned"), api("projects/?status=running&status=planned"),
    ]  # fmt: skip
    assert len({answer["ETag"] for answer in answers}) == len(answers)


def test_parameters_in_another_order_are_the_same_question(api, world):
    assert api("projects/?limit=5&status=running")["ETag"] == api("projects/?status=running&limit=5")["ETag"]


def test_equal_rights_have_equal_tags_and_other_rights_others(api, world):
    def tag(by):
        return api("projects/", by=by)["ETag"]

    a, b = (cast.user("partner", world.gist) for _n in range(2))
    assert tag(a) == tag(b)
    others = [None, a, cast.user("partner", world.kaist), cast.user("viewer"), cast.user("officer"), cast.user("administrator")]  # fmt: skip
    assert len({tag(by) for by in others}) == len(others)
    before = tag(a)
    Membership.objects.create(user=a, institution=world.kaist)
    assert tag(a) != before


def test_two_tokens_of_one_account_and_its_session_have_the_same_tag(api, client, world):
    owner = cast.user("officer")
    keys = [people.make_token(by=owner, name=name)[1] for name in ("one", "two")]
    tags = {client.get("/api/v1/projects/", **bearer(key))["ETag"] for key in keys}
    assert tags == {api("projects/", by=owner)["ETag"]}


def test_what_others_changed_is_another_answer_for_each_who_asks(api, world):
    officers = [cast.user("officer") for _n in range(2)]
    assert len({api("changes/?others=yes", by=by)["ETag"] for by in officers}) == 2


def test_a_saved_view_that_asks_something_else_has_another_tag(api, world):
    owner = cast.user("officer")
    view = SavedView.objects.create(kind="project", name="v", query="status=running", owner_id=owner.pk, owner_name="o")
    address = f"projects/?view={view.id}"
    first = api(address, by=owner)
    SavedView.objects.filter(id=view.id).update(query="status=planned")
    again = api(address, by=owner, **{"If-None-Match": first["ETag"]})
    assert again.status_code == 200 and again["ETag"] != first["ETag"]


def test_what_counts_from_today_has_another_tag_tomorrow(api, world, monkeypatch):
    owner = cast.user("officer")
    view = SavedView.objects.create(kind="agreement", name="v", query="ending=90", owner_id=owner.pk, owner_name="o")
    of_today = (
        "agreements/?ending=90",
        f"agreements/?view={view.id}",
        "search/?q=hong",
        "compare/projects/?as_of=2024",
    )
    before = {question: api(question, by=owner)["ETag"] for question in (*of_today, "projects/", "rollups/")}
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *args: tomorrow)
    assert {q for q, tag in before.items() if api(q, by=owner)["ETag"] != tag} == set(of_today)


def test_another_release_writes_other_answers(api, world, monkeypatch):
    before = api("projects/")["ETag"]
    monkeypatch.setattr("records.conditional.release", lambda: "the next one")
    assert api("projects/")["ETag"] != before


def test_every_address_of_records_has_a_tag_and_only_what_has_a_state_of_its_own_has_none():
    without = {
        pattern.name
        for entry in get_resolver().url_patterns
        if str(entry.pattern).startswith("api/v1/")
        for pattern in getattr(entry, "url_patterns", [entry])
        if not getattr(getattr(pattern.callback, "cls", None), "made_of_records", False)
    }
    assert {name.removeprefix("api-").split("-")[0] for name in without} <= STATEFUL | {"root"}


# ---- who may keep it ---------------------------------------------------------------------------------------


def test_what_all_may_see_a_proxy_may_keep_but_asks_each_time(api, world):
    anyone, officer = api("projects/"), api("projects/", by=cast.user("officer"))
    assert (anyone["Cache-Control"], officer["Cache-Control"]) == ("no-cache", "private, no-cache")
    for answer in (anyone, officer):
        varies = {name.strip() for name in answer["Vary"].split(",")}
        assert {"Accept", "Accept-Language", "Authorization", "Cookie"} <= varies


# ---- If-Match ----------------------------------------------------------------------------------------------


def edited(client, by, match: str):
    client.force_login(by)
    headers = {"If-Match": match, "accept-language": "en"}
    body = {"name_en": f"As {match}"}
    return client.patch("/api/v1/programs/alpha/", body, content_type="application/json", headers=headers)


def test_the_tag_of_a_record_begins_with_its_version_and_that_alone_is_compared(api, client, officer, world):
    tag = api("programs/alpha/", by=officer)["ETag"]
    version, _point, rest = tag.strip('"').partition(".")
    assert version == "1" and rest
    cast.project(world.beta)  # something else happens
    assert api("programs/alpha/", by=officer)["ETag"] != tag
    done = edited(client, officer, tag)
    assert (done.status_code, done["ETag"]) == (200, '"2"')
    assert edited(client, officer, tag).status_code == 412


@pytest.mark.parametrize(
    ("match", "status"),
    [('"1"', 200), ("*", 200), ('"7", "1"', 200), ('W/"1.abc"', 200), ('"7", "8"', 412), ("1", 400), ('"x"', 400), ('"1', 400), ('"1", x', 400)],
)  # fmt: skip
def test_if_match_takes_one_version_several_or_any(client, officer, world, match, status):
    answer = edited(client, officer, match)
    assert answer.status_code == status and (status == 200 or problem(answer, status))


def test_tags_are_read_as_http_writes_them():
    assert tags_in('"a", W/"b" ,"c,d"') == ["a", "b", "c,d"] and tags_in(" * ") == ["*"]
    assert tags_in("") == tags_in("a") == tags_in('"a" "b"') == tags_in('"a') == []
