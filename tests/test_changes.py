"""The history as pages and API tell it: every entry with who, when, why and what; filtered; nothing that one may not see."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from funding.models import FundingAmount
from programs.models import Program, Project, Role
from records.changes import history_of
from records.history import change
from records.models import Change
from records.past_asking import Asked
from records.versions import read
from tests import cast
from tests.cast import INTERNAL, sql
from tests.test_history import undone


def now() -> str:
    return sql("SELECT clock_timestamp()")[0][0].isoformat().replace("+", "%2B")


def edit(row, by="officer", reason="because", door="page", **values) -> Change:
    with change(actor_name=by, reason=reason, door=door) as this:
        type(row).objects.filter(id=row.id).update(**values)
    return this


def deleted(row, **said) -> Change:
    with change(actor_name="officer", door="page", **said) as this:
        type(row).objects.filter(id=row.id).delete()
    return this


def told(answer) -> list[tuple]:
    """(what, version, {field: (before, after)}) of each entry."""
    return [
        (e["what"], e["version"], {d["field"]: (d["before"], d["after"]) for d in e["differences"]})
        for e in answer.json()["results"]
    ]


def every_entry(api, address, by=None) -> list[dict]:
    found, cursor = [], ""
    while cursor is not None:
        body = api(f"{address}{'&' if '?' in address else '?'}before={cursor}", by).json()
        found += body["results"]
        cursor = body["next_cursor"]
    return found


# ---- a record ----------------------------------------------------------------------------------------------


def test_an_entry_says_what_was_and_what_is_who_when_and_why(api, world):
    this = edit(world.alpha, by="김연구", reason="renamed", name_en="Omega", status="completed")
    newest = api("programs/alpha/history/").json()["results"][0]
    assert newest["change"] | {"at": ""} == {
        "id": this.pk, "at": "", "by": "김연구", "door": "page", "reason": "renamed", "nature": "", "effective_on": "",
        "undoes": None,
    }  # fmt: skip
    assert told(api("programs/alpha/history/"))[0] == (
        "changed",
        2,
        {"name_en": ("Program alpha", "Omega"), "status": ("running", "completed")},
    )


def test_entering_retiring_restoring_and_deleting_are_told_by_their_names(api, world, officer):
    row = cast.institution("shortlived")
    kept = type(row).objects.get(id=row.id)
    edit(row, is_retired=True)
    edit(row, is_retired=False)
    deleted(row)
    kept.save(force_insert=True)
    whats = [what for what, *_ in told(api(f"institutions/{row.id}/history/", officer))]
    assert whats == ["restored", "deleted", "restored", "retired", "created"]


FIELDS = ("name_ko", "name_en", "status", "starts_on", "aliases")


@given(
    st.lists(
        st.tuples(st.sampled_from(FIELDS), st.sampled_from(["2021", "2022"]), st.sampled_from(["kim", "lee"])),
        max_size=8,
    )
)
def test_the_history_of_a_record_is_every_edit_that_was_made(db, edits):
    with undone():
        row, made = cast.program(name_ko="처음", name_en="First"), []
        for field, value, by in edits:
            value = (
                [value]
                if field == "aliases"
                else {"2021": "planned", "2022": "running"}[value]
                if field == "status"
                else value
            )
            before = Program.objects.values_list(field, flat=True).get(id=row.id)
            if before != value:
                edit(row, by=by, **{field: value})
                made.append((by, field, before, value))
        reader = cast.reader(None)
        keys, _more = history_of(cast.kind("program"), row.id, reader, Asked())
        entries = read(keys, reader)
        found = [(e.change.actor_name, d.field.name, d.before, d.after) for e in entries[:-1] for d in e.differences]
        assert found == made[::-1]
        assert [e.key.number for e in entries] == list(range(len(made) + 1, 0, -1))


def test_a_long_history_comes_page_by_page_without_gap_or_repetition(api, world):
    for n in range(120):
        edit(world.alpha, name_en=f"Name {n}")
    found = every_entry(api, "programs/alpha/history/")
    assert [entry["version"] for entry in found] == list(range(121, 0, -1))


def test_the_history_costs_no_more_questions_however_long_it_is(client, world):
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/ko/programs/alpha/history/?parts=yes").status_code == 200
        return len(asked)

    edit(world.one, title_en="Other")
    few = questions()
    for n in range(30):
        edit(world.alpha, by=f"by {n}", name_en=f"Name {n}")
        edit(world.one, title_en=f"Title {n}", number=f"{n}")
    assert questions() <= few


# ---- filters -----------------------------------------------------------------------------------------------


@pytest.fixture
def edited(world):
    """Alpha with three edits, by two people, through two doors, in two years."""
    edit(world.alpha, by="kim", door="page", name_en="A")
    edit(world.alpha, by="lee", door="api", status="suspended")
    edit(world.alpha, by="kim", door="api", name_ko="가")
    return world


@pytest.mark.parametrize(
    ("asked", "versions"),
    [
        ("", [4, 3, 2, 1]),
        ("who=kim", [4, 2]),
        ("door=api", [4, 3]),
        ("who=kim&door=api", [4]),
        ("who=nobody", []),
        ("field=name_en", [2, 1]),
        ("field=status", [3, 1]),
        ("field=aliases", []),
        ("from=2020", [4, 3, 2, 1]),
        ("to=2020", []),
        ("from=2999", []),
        ("parts=no", [4, 3, 2, 1]),
    ],
)
def test_a_history_is_filtered(api, edited, asked, versions):
    answer = api(f"programs/alpha/history/?{asked}")
    assert [version for _what, version, _d in told(answer)] == versions


def test_days_are_those_of_the_registry(api, world):
    today = timezone.localdate()
    this = edit(world.alpha, name_en="A")
    for first, last, there in ((today, today, True), (today - timedelta(days=9), today - timedelta(days=1), False)):
        found = api(f"changes/?from={first}&to={last}").json()["results"]
        assert (this.pk in [c["id"] for c in found]) == there


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("door=window", "door"), ("field=colour", "field"), ("from=soon", "from"), ("to=2025-13", "to"), ("parts=maybe", "parts"),
        ("before=x", "before"), ("colour=red", "colour"), ("as_of=2024", "as_of"), ("known_at=2999", "known_at"),
        ("who=%00", "who"), ("field=effort_share", "field"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_by_name_at_both_doors(api, client, world, asked, named):
    answer = api(f"programs/alpha/history/?{asked}")
    assert answer.status_code == 400 and named in [error["parameter"] for error in answer.json()["errors"]]
    assert client.get(f"/en/programs/alpha/history/?{asked}").status_code == 400


def test_what_is_known_at_an_instant_ends_there(api, world):
    edit(world.alpha, name_en="A")
    then = now()
    edit(world.alpha, name_en="B")
    assert [version for _w, version, _d in told(api(f"programs/alpha/history/?known_at={then}"))] == [2, 1]


# ---- what belongs to a record ------------------------------------------------------------------------------


def test_what_belongs_to_a_record_is_told_with_it_even_what_is_gone(api, world, officer):
    amount = cast.amount(world.line, 2026, 5)
    edit(amount, planned=6)
    part = cast.participation(world.kaist, world.alpha)
    deleted(part)
    edit(world.role, is_retired=True)
    found = every_entry(api, "programs/alpha/history/?parts=yes", officer)
    of = {(entry["kind"], entry["what"]) for entry in found}
    assert {("participation", "deleted"), ("funding_amount", "changed"), ("citation", "created")} <= of
    assert ("role", "retired") in {
        (e["kind"], e["what"]) for e in every_entry(api, "projects/one/history/?parts=yes", officer)
    }
    assert {entry["kind"] for entry in every_entry(api, "programs/alpha/history/")} == {"program"}


def test_what_moved_away_is_told_by_both(api, world):
    other = cast.program("other")
    part = cast.participation(world.kaist, world.alpha)
    this = edit(part, scope_id=other.id)
    for slug in ("alpha", "other"):
        moved = [e for e in every_entry(api, f"programs/{slug}/history/?parts=yes") if e["change"]["id"] == this.pk]
        assert [(e["record"], e["what"]) for e in moved] == [(str(part.id), "changed")]


def test_entries_come_newest_first_whatever_they_are_about(api, world):
    for n in range(30):
        edit(world.alpha, name_en=f"{n}")
        edit(world.line, name_en=f"{n}")
        edit(world.part, does_en=f"{n}")
    found = every_entry(api, "programs/alpha/history/?parts=yes")
    instants = [datetime.fromisoformat(entry["at"]) for entry in found]
    assert instants == sorted(instants, reverse=True)
    assert len({(entry["record"], entry["version"]) for entry in found}) == len(found)


# ---- changes -----------------------------------------------------------------------------------------------


def test_a_change_shows_everything_that_it_touched(api, world, officer):
    with change(by=officer, reason="both at once", door="page") as this:
        Program.objects.filter(id=world.alpha.id).update(name_en="A")
        Project.objects.update(number="7")
        gone = cast.participation(world.kaist, world.alpha)
        gone_id = gone.id
        gone.delete()
    whole = api(f"changes/{this.pk}/").json()
    assert (whole["by"], whole["reason"]) == ("officer", "both at once")
    assert whole["touched"] == {"program": 1, "project": 3, "participation": 1}
    entries = {(e["kind"], e["what"]) for e in whole["results"]}
    assert entries == {
        ("program", "changed"),
        ("project", "changed"),
        ("participation", "created"),
        ("participation", "deleted"),
    }
    assert str(gone_id) in {e["record"] for e in whole["results"]}


def test_a_large_change_comes_page_by_page(api, world):
    with change(actor_name="import", door="import") as this:
        for n in range(60):
            cast.institution(f"i{n}")
        for _n in range(5):
            cast.program()
    found, cursor = [], ""
    while cursor is not None:
        body = api(f"changes/{this.pk}/?after={cursor}").json()
        found, cursor = found + body["results"], body["next_cursor"]
    assert body["touched"] == {"institution": 60, "program": 5}
    assert len({e["record"] for e in found}) == len(found) == 65
    only = api(f"changes/{this.pk}/?kind=program").json()
    assert {e["kind"] for e in only["results"]} == {"program"} and only["next_cursor"] is None


def test_the_list_of_changes_is_filtered_and_paged(api, world):
    mine = [edit(world.alpha, by="kim", door="api", name_en=f"{n}") for n in range(55)]
    edit(world.gist, by="lee", door="page", name_en="G")
    found = every_entry(api, "changes/?who=kim&kind=program")
    assert [c["id"] for c in found] == [c.pk for c in mine[::-1]]
    assert [c["touched"] for c in found[:2]] == [{"program": 1}] * 2
    assert every_entry(api, "changes/?kind=event") == [] == every_entry(api, "changes/?door=import")
    assert [c["by"] for c in every_entry(api, "changes/?kind=institution&door=page")] == ["lee"]


def test_what_a_change_says_of_the_world_is_told(api, client, world, officer):
    with change(by=officer, door="page", nature="change", effective_on="2025-03") as this:
        Program.objects.filter(id=world.alpha.id).update(status="completed")
    said = api(f"changes/{this.pk}/").json()
    assert (said["nature"], said["effective_on"]) == ("change", "2025-03")
    assert "2025-03" in client.get(f"/en/changes/{this.pk}/").content.decode()
    assert "2025. 3." in client.get("/ko/programs/alpha/history/").content.decode()


def test_undoing_is_told_at_both_ends_to_whom_may_see_both(api, world, officer):
    first = edit(world.alpha, name_en="A")
    with change(by=officer, door="page", undoes=first) as second:
        Program.objects.filter(id=world.alpha.id).update(name_en="Program alpha")
    assert api(f"changes/{second.pk}/").json()["undoes"] == first.pk
    assert api(f"changes/{first.pk}/").json()["undone_by"] == [second.pk]
    hidden = cast.institution(visibility=INTERNAL)
    secret = edit(hidden, name_en="B")
    with change(by=officer, door="page", undoes=secret) as third:
        Program.objects.filter(id=world.alpha.id).update(name_en="C")
    assert api(f"changes/{third.pk}/").json()["undoes"] is None
    assert api(f"changes/{third.pk}/", officer).json()["undoes"] == secret.pk


def test_a_history_with_more_parts_than_one_waits_for_is_refused_with_what_to_do(api, client, world, monkeypatch):
    monkeypatch.setattr("records.changes.MOST_PARTS", 2)
    refused = api("programs/alpha/history/?parts=yes")
    assert refused.status_code == 400 and "More than 2 records belong to it" in refused.content.decode()
    page = client.get("/ko/programs/alpha/history/?parts=yes")
    assert page.status_code == 400 and "2건을 넘습니다" in page.content.decode()
    assert api("programs/alpha/history/").status_code == 200


# ---- rights ---------------------------------------------------------------------------------------------


def test_a_change_counts_only_what_one_may_see(api, world, officer):
    hidden = cast.project(world.alpha, visibility=INTERNAL)
    with change(by=officer, door="page") as this:
        Project.objects.update(number="9")
    assert hidden.id in Project.objects.values_list("id", flat=True)
    assert api(f"changes/{this.pk}/").json()["touched"] == {"project": 3}
    assert api(f"changes/{this.pk}/", officer).json()["touched"] == {"project": 4}


def test_a_change_is_counted_exactly_up_to_the_limit_of_each_kind(api, world, monkeypatch):
    monkeypatch.setattr("records.changes.COUNTED_TO", 3)
    with change(actor_name="officer", door="page") as this:
        Project.objects.update(number="9")
        Program.objects.update(name_en="A")
        Role.objects.update(effort_share=3)
    whole = {"project": 3, "program": Program.objects.count(), "role": Role.objects.count()}
    assert sum(whole.values()) > 3 and max(whole.values()) <= 3  # cut together, not one by one
    assert api(f"changes/{this.pk}/").json()["touched"] == whole
    assert api("changes/").json()["results"][0]["touched"] == whole


def test_a_hidden_reference_shows_neither_its_name_nor_that_it_changed(api, world, officer):
    secret, other = cast.institution(visibility=INTERNAL), cast.institution(visibility=INTERNAL)
    line = cast.line(world.alpha, payer=secret)
    edit(line, payer=other)
    assert told(api(f"funding-lines/{line.id}/history/"))[0][2] == {}
    assert told(api(f"funding-lines/{line.id}/history/", officer))[0][2] == {"payer": (str(secret.id), str(other.id))}


def test_private_fields_stay_private_in_every_history(api, client, world, officer):
    this = edit(world.role, effort_share=37)
    partner, stranger = cast.user("partner", world.gist), cast.user("partner", world.kaist)
    for address in (f"roles/{world.role.id}/history/", f"changes/{this.pk}/", "projects/one/history/?parts=yes"):
        for by, sees in ((None, False), (stranger, False), (partner, True), (officer, True)):
            assert ("effort_share" in api(address, by).content.decode()) == sees, (address, by)
    client.logout()
    label = str(Role._meta.get_field("effort_share").verbose_name).capitalize()
    table = f'<th scope="row">{label}</th>'
    assert table not in client.get(f"/en/roles/{world.role.id}/history/").content.decode()
    client.force_login(officer)
    assert table in client.get(f"/en/roles/{world.role.id}/history/").content.decode()


def test_the_private_past_of_a_role_that_changed_hands_is_its_owners_of_today(api, world):
    other = cast.researcher()
    cast.affiliation(other, world.kaist)
    Role.objects.filter(id=world.role.id).update(effort_share=77)
    Role.objects.filter(id=world.role.id).update(researcher=other)
    was, owner = cast.user("partner", world.gist), cast.user("partner", world.kaist)
    assert "effort_share" not in str(told(api(f"roles/{world.role.id}/history/", was)))
    assert "effort_share" in str(told(api(f"roles/{world.role.id}/history/", owner)))


def test_what_was_hidden_after_it_was_public_has_no_public_history(api, world, officer):
    edit(world.kaist, name_en="Before")
    edit(world.kaist, visibility=INTERNAL)
    assert api(f"institutions/{world.kaist.id}/history/").status_code == 404
    assert str(world.kaist.id) not in api("changes/?kind=institution").content.decode()
    assert len(told(api(f"institutions/{world.kaist.id}/history/", officer))) == 3


# ---- gone --------------------------------------------------------------------------------------------------


def test_the_address_of_a_deleted_record_says_who_deleted_it_and_leads_to_its_history(api, client, world):
    row = cast.institution("gone", name_en="Goner")
    id = row.id
    deleted(row, reason="entered twice")
    for key in (id, "gone"):
        page = client.get(f"/en/institutions/{key}/")
        assert page.status_code == 410
        for words in ("Deleted on", "officer", "entered twice", f"/en/institutions/{id}/history/"):
            assert words in page.content.decode()
        answer = api(f"institutions/{key}/")
        assert answer.status_code == 410 == answer.json()["status"]
        assert f"/api/v1/institutions/{id}/history/" in answer.json()["detail"]
    assert "Goner" in client.get(f"/en/institutions/{id}/history/").content.decode()


def test_a_deleted_record_that_one_could_not_read_never_was(api, client, world, officer):
    row = cast.institution("secret", visibility=INTERNAL)
    id = row.id
    deleted(row)
    assert api(f"institutions/{id}/").status_code == api("institutions/secret/").status_code == 404
    assert client.get(f"/en/institutions/{id}/").status_code == 404
    assert api(f"institutions/{id}/", officer).status_code == 410


def test_a_slug_that_was_given_again_leads_to_the_record_that_has_it(api, world):
    first = cast.institution("again")
    deleted(first)
    second = cast.institution("again")
    assert api("institutions/again/").json()["id"] == str(second.id)
    assert {e["record"] for e in every_entry(api, "institutions/again/history/")} == {str(second.id)}


def test_a_retired_record_is_gone_for_readers_and_marked_for_officers(api, client, world, officer):
    edit(world.kaist, is_retired=True, reason="merged")
    assert client.get("/en/institutions/kaist/").status_code == api("institutions/kaist/").status_code == 410
    assert api("institutions/kaist/", officer).json()["is_retired"] is True
    client.force_login(officer)
    page = client.get("/en/institutions/kaist/")
    assert page.status_code == 200 and "Retired on" in page.content.decode()


def test_a_record_that_is_gone_today_is_there_in_its_past(api, client, world):
    row = cast.institution("gone", name_en="Goner")
    then = now()
    deleted(row)
    assert api(f"institutions/gone/?known_at={then}").json()["name_en"] == "Goner"
    assert client.get(f"/en/institutions/gone/?known_at={then}").status_code == 200
    assert client.get("/en/institutions/gone/?known_at=2020").status_code == 404


def test_the_amounts_of_a_deleted_line_keep_their_currency(api, world, officer):
    line = cast.line(world.alpha, currency="USD")
    amount = cast.amount(line, 2025, 12345)
    id = amount.id
    FundingAmount.objects.filter(id=id).delete()
    deleted(line)
    assert told(api(f"funding-amounts/{id}/history/", officer))[0][2]["planned"] == (123.45, None)


def test_a_place_in_one_history_is_none_in_another(api, client, world):
    for number in range(60):
        edit(world.alpha, name_en=str(number))
    place = api("changes/").json()["next_cursor"]
    this = Change.objects.latest("id")
    for address, name in (("programs/alpha/history/", "before"), (f"changes/{this.pk}/", "after")):
        answer = api(f"{address}?{name}={place}")
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, name)
        assert client.get(f"/en/{address}?{name}={place}").status_code == 400
