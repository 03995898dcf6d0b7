"""Who begins with an export and applies the change feed holds what a fresh export holds, whatever others write meanwhile."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
import psycopg
import pytest
from django.db import DatabaseError, connections, transaction
from django.http import Http404
from django.test import Client

from funding.models import FundingLine
from labs.models import Institution
from programs.models import Participation, Program, Project
from records import feed, undoing
from records.commands import Author, Create, Edit, Retire, apply, restore
from records.feed import KEPT, Touched
from records.history import change
from records.kinds import kinds
from records.merging import Merge, carry_out
from records.models import Change, Record, Visibility
from records.refusals import Refused, Stale
from records.rights import EVERYTHING
from tests import cast
from tests.cast import sql
from tests.test_api import problem
from tests.test_data_version import elsewhere, meanwhile

really = pytest.mark.django_db(transaction=True)
PUBLIC, SHARED, INTERNAL = Visibility


class Follower:
    """A client with a copy of the registry, by id, which it keeps by the feed alone."""

    def __init__(self, by=None, **asked):
        self.client, self.asked, self.held = Client(), asked, {}
        if by:
            self.client.force_login(by)
        self.position, self.told, self.begun = "start", [], 0

    def get(self, address: str, **params):
        return self.client.get(f"/api/v1/{address}", params, headers={"accept-language": "en"})

    def begin(self):
        """With an export: its position is from before its rows."""
        self.begun += 1
        self.position = self.get("changes/", since="now").json()["next"]
        self.held = self.export()
        return self

    def export(self) -> dict:
        """Every record of every list, without what is worked out from others."""
        rows = {}
        for kind in kinds().values():
            answer = self.get(f"{kind.plural}/", format="jsonl", omit=",".join(kind.attached_fields))
            assert answer.status_code == 200, answer.content
            lines = b"".join(answer.streaming_content).splitlines()
            rows |= {row["id"]: row for row in map(orjson.loads, lines)}
        return rows

    def page(self) -> dict:
        answer = self.get("changes/", since=self.position, include="record", **self.asked)
        if answer.status_code == 410:
            return {"code": answer.json()["code"]}
        assert answer.status_code == 200, answer.content
        return answer.json()

    def follow(self) -> bool:
        """Applies one page; whether there is more already."""
        page = self.page()
        if page.get("code") == "rights_changed":
            self.begin()
            return True
        for entry in page["results"]:
            self.told.append(entry)
            if entry["what"] == "changed":
                self.held[entry["record"]] = entry["row"]
            else:
                self.held.pop(entry["record"], None)
        self.position = page["next"]
        return page["has_more"]

    def catch_up(self):
        while self.follow():
            pass
        return self

    def says(self) -> list[tuple]:
        """(what, record) of what is told from here on."""
        self.told.clear()
        self.catch_up()
        return [(entry["what"], entry["record"]) for entry in self.told]


# ---- everything at once ------------------------------------------------------------------------------------


@really
def test_who_replays_it_while_fifty_write_holds_what_a_fresh_export_holds():
    world = cast.small_world()
    officer, partner = cast.user("officer"), cast.user("partner", world.gist)
    followers = [Follower(by, limit=40).begin() for by in (None, partner, officer)]
    over, wrong, done = threading.Event(), [], Counter()

    def read(follower):
        while not over.is_set():
            follower.follow()
            over.wait(0.05)

    def write(n):
        told = random.Random(n)
        for _k in range(4):
            act = told.choice(ACTS)
            try:
                with transaction.atomic():
                    act(world, told)
                    over.wait(told.choice((0, 0, 0.03)))
                    if told.random() < 0.15:
                        transaction.set_rollback(True)
                done[act.__name__] += 1
            except (DatabaseError, Refused, Stale, Http404, Program.DoesNotExist, Project.DoesNotExist):
                done["refused"] += 1  # it lost a race, as writers do

    def run(act, *args):
        try:
            act(*args)
        except Exception as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(write, n)) for n in range(50)]
    readers = [threading.Thread(target=run, args=(read, follower)) for follower in followers]
    with elsewhere(lambda: cast.program("slow")):
        for thread in (*readers, *threads):
            thread.start()
        for thread in threads:
            thread.join()
    over.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    assert min(done[act.__name__] for act in ACTS) > 0, done
    for follower in followers:
        assert follower.catch_up().held == follower.export()
    assert [follower.begun for follower in (followers[0], followers[2])] == [1, 1], "their rights never changed"


def a_program(told) -> Program:
    return told.choice(list(Program.objects.filter(is_retired=False, merged_into=None)[:30]))


def a_project(told, **which) -> Project:
    found = list(Project.objects.filter(**{"is_retired": False} | which)[:40])
    return told.choice(found) if found else Project.objects.get(slug="none of these")


def author() -> Author:
    return Author(EVERYTHING, "test", "api", "so")


def step(row, **values) -> Edit:
    return Edit(kinds()[row._meta.model_name], row.id, row.version, values)


def creates(world, told):
    values = {"slug": f"c{told.getrandbits(60)}", "program": a_program(told).id, "title_en": "New", "status": "running"}
    apply([Create(kinds()["project"], values)], by=author())


def edits(world, told):
    apply([step(a_project(told), title_en=f"Edited {told.random()}")], by=author())


def edits_by_sql(world, told):
    sql("UPDATE programs_project SET number = %s WHERE id = %s", str(told.random())[:10], a_project(told).id)


def loads(world, told):
    within = a_program(told)
    Project.objects.bulk_create([Project(program=within, slug=f"l{told.getrandbits(60)}", title_en="Loaded", status="running") for _n in range(60)])  # fmt: skip


def retires(world, told):
    row = a_project(told)
    apply([Retire(kinds()["project"], row.id, row.version, True)], by=author())


def restores(world, told):
    row = a_project(told, is_retired=True, merged_into=None)
    restore(kinds()["project"], row.id, version=row.version, by=author())


def hides(world, told):
    Project.objects.filter(id=a_project(told).id).update(visibility=told.choice((SHARED, INTERNAL)))


def opens(world, told):
    Project.objects.filter(id=a_project(told, visibility__gt=PUBLIC).id).update(visibility=PUBLIC)


def hides_a_payer(world, told):
    Institution.objects.filter(id=world.government.id).update(visibility=told.choice((PUBLIC, INTERNAL)))


def moves(world, told):
    row = a_project(told, parent=None)
    Project.objects.filter(id=row.id).update(program=a_program(told))


def deletes(world, told):
    row = cast.program(f"d{told.getrandbits(60)}")
    Program.objects.filter(id=row.id).delete() if told.random() < 0.5 else None


def merges_and_undoes(world, told):
    one, other = (cast.institution(f"m{told.getrandbits(60)}") for _n in range(2))
    cast.participation(other, a_program(told))
    done = carry_out(Merge(kinds()["institution"], one.id, 1, other.id, 1), by=author())
    if told.random() < 0.5:
        undoing.undo(done.change, by=author())


def takes_part(world, told):
    cast.participation(world.gist, a_program(told))


def funds(world, told):
    cast.amount(cast.line(a_program(told), payer=world.government), 2030, told.randrange(1000))


ACTS = [creates, edits, edits_by_sql, loads, retires, restores, hides, opens, hides_a_payer, moves, deletes, merges_and_undoes, takes_part, funds]  # fmt: skip


# ---- its order ---------------------------------------------------------------------------------------------


@really
def test_nothing_comes_up_behind_a_position_that_was_given_out():
    follower = Follower().begin()
    with elsewhere(lambda: cast.program("slow")):
        meanwhile(lambda: cast.program("quick"))
        assert follower.says() == [], "what began later waits with it"
    slow, quick = (str(Program.objects.get(slug=slug).id) for slug in ("slow", "quick"))
    assert follower.says() == [("changed", slow), ("changed", quick)]
    assert follower.says() == [], "and is told once"


@really
def test_what_another_database_of_the_cluster_writes_holds_nothing_up():
    follower = Follower().begin()
    settings = connections["default"].settings_dict
    known = {name.lower(): settings[name] for name in ("HOST", "PORT", "USER", "PASSWORD") if settings[name]}
    with psycopg.connect(dbname="postgres", **known) as other:
        other.execute("SELECT pg_current_xact_id()")
        made = cast.program("meanwhile")
        assert follower.says() == [("changed", str(made.id))]


@really
def test_what_waits_is_told_though_nothing_further_changes():
    """The end of a transaction that is rolled back makes no other data version, and yet there is news."""
    follower = Follower().begin()
    with elsewhere(lambda: (cast.program("never"), transaction.set_rollback(True))):
        cast.program("quick")
        waiting = follower.get("changes/", since=follower.position)
    assert "ETag" not in waiting and waiting["Data-Version"] == follower.get("projects/")["Data-Version"]
    assert [what for what, _id in follower.says()] == ["changed"]


@really
def test_a_record_stands_there_once_at_its_latest_change_and_pages_of_any_size_tell_the_same():
    alpha = cast.program("alpha")
    with change(reason="many at once"):
        for n in range(7):
            cast.project(alpha, f"p{n}")
    for n in range(3):
        Program.objects.filter(slug="alpha").update(name_en=f"Name {n}")
    Project.objects.filter(slug="p3").update(visibility=INTERNAL)
    told = {limit: Follower(limit=limit).says() for limit in (1, 2, 3, 1000)}
    assert told[1] == told[2] == told[3] == told[1000]
    assert len(told[1]) == len(set(told[1])) == 8 and told[1][-1][0] == "hidden"
    assert Follower(kind="program").says() == [("changed", str(alpha.id))]


# ---- what it says ------------------------------------------------------------------------------------------


@really
def test_what_is_gone_says_why_and_where_to():
    world = cast.small_world()
    one, other = cast.institution("one-of-two"), cast.institution("other-of-two")
    follower = Follower().begin()
    Project.objects.filter(slug="three").update(is_retired=True)
    Program.objects.filter(id=cast.program("short").id).delete()
    carry_out(Merge(kinds()["institution"], one.id, 1, other.id, 1), by=author())
    follower.says()
    told = {entry["record"]: entry for entry in follower.told}
    assert told[str(world.three.id)]["what"] == "retired"
    merged = told[str(other.id)]
    assert (merged["what"], merged["merged_into"]) == ("merged", str(one.id))
    assert "deleted" in {entry["what"] for entry in follower.told}
    assert follower.held == follower.export()


@really
def test_what_one_never_saw_appears_in_no_way_and_what_one_saw_is_gone():
    world = cast.small_world()
    follower, officer = Follower().begin(), Follower(cast.user("officer")).begin()
    secret = cast.program("secret", visibility=INTERNAL)
    Program.objects.filter(id=secret.id).update(name_en="Still secret")
    Project.objects.filter(id=world.three.id).update(visibility=INTERNAL)
    assert ("hidden", str(world.three.id)) in (told := follower.says())
    assert str(secret.id) not in {id for _what, id in told}
    hidden = next(entry for entry in follower.told if entry["record"] == str(world.three.id))
    assert (hidden["version"], hidden["url"], hidden["row"]) == (None, None, None)
    assert {("changed", str(secret.id)), ("changed", str(world.three.id))} <= set(officer.says())
    Program.objects.filter(id=secret.id).delete()
    Project.objects.filter(id=world.three.id).update(title_en="Written on in secret")
    assert follower.says() == []
    assert ("hidden", str(world.three.id)) in Follower().says()  # who begins earlier hears it at its place


@really
def test_who_refers_to_what_is_hidden_shows_it_no_more_and_then_again():
    world = cast.small_world()
    follower = Follower().begin()
    for visibility, payer in ((INTERNAL, None), (PUBLIC, str(world.government.id))):
        Institution.objects.filter(id=world.government.id).update(visibility=visibility)
        assert ("changed", str(world.line.id)) in follower.says()
        assert follower.held[str(world.line.id)]["payer"] == payer
        assert follower.held == follower.export()
    Institution.objects.filter(id=world.government.id).update(country="US")
    assert follower.catch_up().held[str(world.line.id)]["abroad"] is True
    FundingLine.objects.filter(id=world.line.id).update(currency="USD")
    assert follower.catch_up().held == follower.export()


@really
def test_what_moves_to_another_program_is_seen_by_others():
    world = cast.small_world()
    part = cast.project(world.alpha, "shared", visibility=SHARED)
    below = cast.headcount(part, visibility=SHARED)
    gist, kaist = (Follower(cast.user("partner", at)).begin() for at in (world.gist, world.kaist))
    assert str(below.id) in gist.held and str(below.id) not in kaist.held
    Project.objects.filter(id=part.id).update(program=world.beta)
    assert {("hidden", str(part.id)), ("hidden", str(below.id))} <= set(gist.says())
    assert {("changed", str(part.id)), ("changed", str(below.id))} <= set(kaist.says())
    assert gist.held == gist.export() and kaist.held == kaist.export()


# ---- positions ---------------------------------------------------------------------------------------------


@really
def test_a_position_is_ours_of_these_rights_and_not_older_than_the_feed(monkeypatch):
    world = cast.small_world()
    partner = cast.user("partner", world.gist)
    mine, anyone = Follower(partner).begin(), Follower().begin()
    assert problem(anyone.get("changes/", since="x" * 40))["errors"][0]["code"] == "bad_position"
    assert problem(anyone.get("changes/", since="start", known_at="2025-01-01"))
    assert problem(anyone.get("changes/", since=mine.position), 410)["code"] == "rights_changed"
    cast.affiliation(world.rus, world.gist)  # whose number is the institution's own
    assert problem(mine.get("changes/", since=mine.position), 410)["code"] == "rights_changed"
    mine.begin()
    Participation.objects.filter(institution=world.gist).update(is_retired=True)
    assert problem(mine.get("changes/", since=mine.position), 410)["code"] == "rights_changed"

    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + KEPT + timedelta(days=3)

    monkeypatch.setattr(feed, "datetime", Later)
    assert problem(anyone.get("changes/", since=anyone.position), 410)["code"] == "position_expired"
    assert anyone.get("changes/", since="start").status_code == 200


@really
def test_a_restored_registry_tells_no_position_from_before():
    cast.program("alpha")
    follower = Follower().begin()
    sql("CREATE TABLE restored (LIKE records_change INCLUDING ALL)")
    sql("INSERT INTO restored SELECT * FROM records_change")
    sql("ALTER TABLE records_change RENAME TO gone")
    sql("ALTER TABLE restored RENAME TO records_change")
    try:
        assert problem(follower.get("changes/", since=follower.position), 410)["code"] == "position_expired"
        sql("UPDATE records_change SET xid = 2::bigint ^ 60")  # from a cluster that had got further
        anew = Follower()
        assert anew.says() == [] and [what for what, _id in anew.says()] == ["changed"], "told as this cluster's"
    finally:
        sql("DROP TABLE records_change")
        sql("ALTER TABLE gone RENAME TO records_change")


@really
def test_a_file_says_from_where_to_follow_it():
    cast.program("alpha")
    follower = Follower()
    answer = follower.get("programs/", format="csv")
    b"".join(answer.streaming_content)
    follower.position = answer["Change-Position"]
    assert follower.says() == []
    beta = cast.program("beta")
    assert follower.says() == [("changed", str(beta.id))]


def test_what_is_older_than_any_position_is_forgotten(world):
    for days in (1, 100):
        at = datetime.now(UTC) - timedelta(days=days)
        old = Change.objects.create(actor_name="x", door="sql", at=at)
        Touched.objects.create(change_id=old.pk, record_id=world.alpha.id)
    feed.forget_old()
    assert Touched.objects.filter(record_id=world.alpha.id).count() == 1 and Record.objects.filter(id=world.alpha.id)
