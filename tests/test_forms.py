"""Forms of every kind: what is typed becomes one change, what is refused is said at its field, nothing typed is lost."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.models import FundingAmount, FundingLine
from labs.models import Affiliation
from people.models import Researcher
from programs.models import Participation, Program, Project, Role
from records.kinds import Type, kinds
from records.models import Change, Citation, Record
from tests import cast
from tests.cast import INTERNAL, SHARED, kind
from tests.desk import Desk

MOST_QUERIES = 25
KINDS = [name for name in kinds() if name != "document"]
OTHERWISE = {  # what there cannot be twice
    "funding_amount": {"fiscal_year": "2031"}, "relation": {"kind": "about"}, "ledger_entry": {"outside_key": "another"},
    "exchange_rate": {"dated_on": "1999"},
}  # fmt: skip


@pytest.fixture
def desk(client, officer):
    return Desk(client, officer)


def one_change(since: int) -> Change:
    """The only change since then."""
    return Change.objects.get(id__gt=since)


def last_change() -> int:
    return Change.objects.latest("id").id


# ---- every kind --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", list(kinds()))
def test_saving_a_record_of_any_kind_untouched_changes_nothing(world, client, officer, name, language):
    row = cast.one_of_each(world)[name]
    before = last_change()
    Desk(client, officer, language)(f"{kind(name).plural}/{row.pk}/edit/").send()
    assert last_change() == before


@pytest.mark.parametrize("name", KINDS)
def test_a_record_of_any_kind_is_entered_with_what_another_one_shows(world, desk, name):
    row = cast.one_of_each(world)[name]
    shown = desk(f"{kind(name).plural}/{row.pk}/edit/").inputs
    typed = {key: text for key, text in shown.items() if not key.startswith(("change-", "csrf", "cite-"))}
    typed |= OTHERWISE.get(name, {}) | {"change-reason": "as agreed"}
    if kind(name).has_slug:
        typed["slug"] = "another"
    desk(f"{kind(name).plural}/new/").send(**typed)
    made = kind(name).model.objects.exclude(pk=row.pk).latest("change_id")
    for field in kind(name).typed_fields.values():
        column = f"{field.name}_id" if field.type in (Type.REF, Type.RECORD) else field.name
        if field.name != "slug" and field.name not in OTHERWISE.get(name, {}):
            assert getattr(made, column) == getattr(row, column), field.name


@pytest.mark.parametrize("name", KINDS)
def test_an_empty_form_of_any_kind_is_refused_with_the_sentences_of_the_api(world, client, officer, name):
    desk = Desk(client, officer)(f"{kind(name).plural}/new/")
    empty = {field: "" for field in kind(name).typed_fields if field in desk.inputs}
    desk.send(400, **empty, **{"change-reason": "why"})
    sent = {field: "" for field in kind(name).typed_fields if kind(name).typed_fields[field].type is not Type.LIST}
    answer = client.post(
        f"/api/v1/{kind(name).plural}/", json.dumps(sent | {"reason": "why"}), "application/json", headers={"accept-language": "en"}
    )  # fmt: skip
    said = {error["detail"] for error in answer.json()["errors"]}
    assert answer.status_code == 400 and said == {problem.rpartition(": ")[2] for problem in desk.problems()}


def test_what_only_the_command_knows_is_refused_with_its_sentence_at_the_field(world, client, officer):
    desk = Desk(client, officer)("programs/alpha/edit/").send(400, ends_on="2020")
    sentence = "The end lies before the beginning."
    assert desk.problems() == [f"Ends: {sentence}"]
    assert re.search(rf'id="id_ends_on_error"><li>{sentence}', desk.html)
    answer = client.patch(
        "/api/v1/programs/alpha/", '{"ends_on": "2020"}', "application/json", headers={"accept-language": "en", "if-match": '"1"'}
    )  # fmt: skip
    assert [error["detail"] for error in answer.json()["errors"]] == [sentence]


def test_everything_wrong_is_said_at_once_and_nothing_typed_is_lost(world, desk):
    desk("projects/one/edit/").send(
        400, starts_on="gestern", status="", title_en="Still here", **{"role-count": "2", "role-1-title_en": "typed", "role-1-part": "pi"}
    )  # fmt: skip
    said = " ".join(desk.problems())
    assert "Starts" in said and "Status" in said and "Role 2: researcher" in said
    assert desk.inputs["starts_on"] == "gestern" and desk.inputs["title_en"] == "Still here"
    assert (desk.inputs["role-1-title_en"], desk.inputs["role-1-part"]) == ("typed", "pi")


def test_korean_dates_and_amounts_are_read(world, desk):
    desk("projects/one/edit/").send(starts_on="2022. 7. 1.", ends_on="2028년")
    world.one.refresh_from_db()
    assert (world.one.starts_on, world.one.ends_on) == ("2022-07-01", "2028")
    amount = FundingAmount.objects.get(line=world.line)
    desk(f"funding-lines/{world.line.pk}/edit/").send(
        **{"funding_amount-0-planned": "46.5억", "change-reason": "the agreement"}
    )
    amount.refresh_from_db()
    assert amount.planned == 4_650_000_000


def test_a_name_names_a_record_and_of_namesakes_one_is_chosen(world, desk):
    desk("labs/gist-lab/edit/").send(institution="KAIST", institution_id="", institution_said="")
    world.lab.refresh_from_db()
    assert world.lab.institution == world.kaist
    other, same = cast.institution("one", name_en="Same Name"), cast.institution("two", name_en="Same Name")
    desk("labs/gist-lab/edit/").send(400, institution="Same Name", institution_id="", institution_said="")
    assert str(other.id) in desk.html and str(same.id) in desk.html
    desk.send(institution_id=str(same.id), institution_said="Same Name")
    world.lab.refresh_from_db()
    assert world.lab.institution == same


# ---- what is known already ---------------------------------------------------------------------------------


def test_a_project_entered_from_its_program_has_it_filled_in_and_is_as_hidden(world, desk):
    world.alpha.visibility = SHARED
    world.alpha.save()
    desk("projects/new/?program=alpha")
    assert (desk.inputs["program_id"], desk.inputs["program"]) == (str(world.alpha.id), "Program alpha")
    assert desk.inputs["visibility"] == "shared"


def test_a_part_of_a_project_lies_in_its_program(world, desk):
    desk("projects/new/?parent=one")
    assert desk.inputs["program_id"] == str(world.alpha.id)


def test_a_record_page_leads_officers_to_forms_and_nobody_else(world, client, officer):
    client.force_login(officer)
    page = client.get("/en/programs/alpha/").content.decode()
    assert 'href="/en/programs/alpha/edit/"' in page and "/en/projects/new/?program=alpha" in page
    for role in ("viewer", "partner", "stranger"):
        client.force_login(cast.cast(world)[role]) if role == "viewer" else client.force_login(cast.user("partner"))
        page = client.get("/en/programs/alpha/").content.decode()
        assert "/edit/" not in page and "/new/" not in page


def test_after_saving_one_is_where_one_came_from(world, desk):
    desk("projects/new/?program=alpha&next=/en/programs/alpha/").send(slug="fresh", title_en="Fresh", status="planned")
    assert desk.response["Location"] == "/en/programs/alpha/"
    page = desk.client.get("/en/programs/alpha/").content.decode()
    assert "“Fresh” was entered." in page and "/en/projects/fresh/history/" in page


def test_save_and_enter_another_comes_back_to_the_same_form(world, desk):
    desk("projects/new/?program=alpha").send(slug="fresh", title_en="Fresh", status="planned", another="1")
    assert desk.response["Location"] == "/en/projects/new/?program=alpha"


# ---- rows --------------------------------------------------------------------------------------------------


def test_a_record_and_its_rows_are_one_change(world, desk):
    before = last_change()
    desk("projects/new/?program=alpha").send(
        slug="fresh", title_en="Fresh", status="planned",
        **{"role-count": "1", "role-0-researcher": "Daniela Rus", "role-0-part": "pi",
           "participation-count": "1", "participation-0-institution": "kaist", "participation-0-part": "lead"},
    )  # fmt: skip
    fresh = Project.objects.get(slug="fresh")
    assert Role.objects.get(scope=fresh.id).researcher == world.rus
    assert Participation.objects.get(scope=fresh.id).institution == world.kaist
    touched = Record.objects.filter(change=one_change(before)).values_list("kind", flat=True)
    assert sorted(touched) == ["participation", "project", "role"]


def test_rows_are_changed_added_and_retired_together(world, desk):
    kept = cast.role(world.rus, world.one, title_en="Lead")
    numbers = {row.id: n for n, row in enumerate(Role.objects.filter(scope=world.one.id).order_by("id"))}
    before = last_change()
    desk("projects/one/edit/").send(
        **{f"role-{numbers[kept.id]}-title_en": "Chief", f"role-{numbers[world.role.id]}-remove": "1",
           "role-count": "3", "role-2-researcher": "Daniela Rus", "role-2-part": "chair", "change-reason": "spelling"},
    )  # fmt: skip
    kept.refresh_from_db(), world.role.refresh_from_db()
    assert (kept.title_en, world.role.is_retired) == ("Chief", True)
    assert Role.objects.get(scope=world.one.id, part="chair").visibility == 0
    one_change(before)


def test_new_rows_are_as_hidden_as_what_they_belong_to(world, desk):
    world.one.visibility = INTERNAL
    world.one.save()
    desk("projects/one/edit/").send(**{"role-count": "2", "role-1-researcher": "Daniela Rus", "role-1-part": "chair"})
    assert Role.objects.get(part="chair").visibility == INTERNAL


def test_one_more_row_without_javascript_keeps_everything_typed(world, desk):
    desk("projects/one/edit/").send(200, add="role", title_en="Typed", starts_on="yesterday")
    assert (desk.inputs["title_en"], desk.inputs["starts_on"], desk.inputs["role-count"]) == ("Typed", "yesterday", "2")
    assert "role-1-researcher" in desk.inputs and desk.problems() == []


def test_an_empty_row_is_no_row(world, desk):
    before = last_change()
    desk("projects/one/edit/").send(**{"role-count": "5"})
    assert last_change() == before


def test_amounts_stand_in_the_currency_of_the_line_that_is_typed(world, desk):
    desk("funding-lines/new/?program=alpha").send(
        name_en="In dollars", currency="USD", form="cash",
        **{"funding_amount-count": "1", "funding_amount-0-fiscal_year": "2026", "funding_amount-0-planned": "1,234.50",
           "change-reason": "award letter"},
    )  # fmt: skip
    assert FundingAmount.objects.get(line=FundingLine.objects.get(name_en="In dollars")).planned == 123450


def test_many_rows_are_cut_and_cost_no_more_queries(world, desk):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            desk("programs/alpha/edit/")
        return len(asked)

    few = cast.role(world.rus, world.alpha) and queries() and queries()
    for n in range(30):
        cast.role(cast.researcher(), world.alpha)
        cast.participation(cast.institution(), world.alpha)
        cast.headcount(world.alpha, n, counted_on="2020")
    assert queries() <= max(few, 0) + 1 and few <= MOST_QUERIES
    assert desk.inputs["role-count"] == "20" and "others are changed from the list" in desk.html


def test_untouched_rows_cost_nothing_when_saving(world, desk):
    for _n in range(20):
        cast.role(cast.researcher(), world.alpha)
    desk("programs/alpha/edit/")
    with CaptureQueriesContext(connection) as asked:
        desk.send(name_en="Alpha!")
    assert len(asked) <= 2 * MOST_QUERIES


# ---- why, and since when -----------------------------------------------------------------------------------


def test_money_asks_for_its_reason_at_the_bottom(world, desk):
    desk(f"funding-lines/{world.line.pk}/edit/").send(400, category="personnel")
    assert desk.problems() == ["Reason: Say why: this change is kept with its reason."]
    desk.send(category="personnel", **{"change-reason": "as the agreement says"})
    assert Change.objects.latest("id").reason == "as the agreement says"


def test_a_role_that_changed_on_a_day_gets_a_row_from_that_day(world, desk):
    desk(f"roles/{world.role.pk}/edit/").send(
        part="co_pi", **{"change-nature": "change", "change-changed_on": "2025. 8."}
    )
    world.role.refresh_from_db()
    assert (world.role.part, world.role.ends_on) == ("pi", "2025-07")
    assert Role.objects.get(part="co_pi").starts_on == "2025-08"


def test_a_change_from_a_day_needs_the_day_and_a_correction_its_reason(world, desk):
    desk("programs/alpha/edit/").send(400, name_en="A", **{"change-nature": "change"})
    assert desk.problems() == ["True from: Say from which day the new value is true."]
    desk("programs/alpha/edit/").send(400, name_en="A", **{"change-nature": "correction"})
    assert desk.problems() == ["Reason: Say why: this change is kept with its reason."]


# ---- sources -----------------------------------------------------------------------------------------------


def test_a_source_is_cited_beside_the_value_in_the_same_change(world, desk):
    before = last_change()
    desk("programs/alpha/edit/").send(
        ends_on="2029경", **{"cite-ends_on-source": "A paper", "cite-ends_on-place": "p. 3", "cite-ends_on-speaks_of": "2025"}
    )  # fmt: skip
    cited = Citation.objects.get(attribute="ends_on")
    assert (cited.source, cited.record_id, cited.value_stated, cited.value) == (
        world.paper, world.alpha.id, "2029경", "2029~",
    )  # fmt: skip
    assert (cited.qualifier, cited.place, cited.speaks_of) == ("about", "p. 3", "2025")
    assert cited.change_id == one_change(before).id


def test_one_source_for_everything_that_was_changed(world, desk):
    desk("projects/one/edit/").send(
        number="7", ends_on="2028",
        **{"cite-all-source": "A paper", "cite-number-source": "A paper", "cite-number-value_stated": "No. 7",
           "role-count": "2", "role-1-researcher": "Daniela Rus", "role-1-part": "chair"},
    )  # fmt: skip
    mine = dict(Citation.objects.filter(record=world.one.id).values_list("attribute", "value_stated"))
    assert mine == {"number": "No. 7", "ends_on": "2028"}
    chair = Role.objects.get(part="chair")
    assert set(Citation.objects.filter(record=chair.id).values_list("attribute", "value")) == {
        ("researcher", ""),
        ("part", "chair"),
    }


def test_the_source_cited_last_is_one_click_away(world, desk):
    desk("projects/one/edit/").send(number="7", **{"cite-number-source": "A paper"})
    assert "as before: A paper" in desk("projects/two/edit/").html
    desk.send(number="8", **{"cite-number-again": "1"})
    assert Citation.objects.get(record=world.two.id).source == world.paper


def test_a_citation_without_its_source_is_refused_and_the_value_with_it(world, desk):
    desk("projects/one/edit/").send(400, number="7", **{"cite-number-place": "p. 3"})
    assert desk.problems() == ["Source: This must not be empty."]
    world.one.refresh_from_db()
    assert world.one.number == ""


def test_what_an_internal_source_says_of_a_public_record_stays_internal(world, desk):
    cast.source("Secret minutes", visibility=INTERNAL)
    desk("projects/one/edit/").send(number="7", **{"cite-number-source": "Secret minutes"})
    assert Citation.objects.get(record=world.one.id).visibility == INTERNAL


def test_a_value_of_a_row_that_begins_on_a_day_is_cited_of_the_new_row(world, desk):
    desk(f"roles/{world.role.pk}/edit/").send(
        part="co_pi", **{"change-nature": "change", "change-changed_on": "2025-08", "cite-part-source": "A paper"}
    )
    assert Citation.objects.get(attribute="part").record_id == Role.objects.get(part="co_pi").id


# ---- two officers ------------------------------------------------------------------------------------------


def elsewhere(world, **values):
    """Another officer saves the program Alpha meanwhile."""
    for name, value in values.items():
        setattr(world.alpha, name, value)
    world.alpha.save()


def test_a_stale_form_shows_both_versions_and_loses_nothing(world, desk):
    desk("programs/alpha/edit/")
    elsewhere(world, name_en="Theirs", ends_on="2030")
    desk.send(409, name_en="Mine", purpose_en="My purpose")
    choices = re.findall(r'name="(choose-\w+)" value="(\w+)"( checked)?', desk.html)
    assert ("choose-name_en", "mine", " checked") in choices and ("choose-purpose_en", "mine", " checked") in choices
    assert "Program alpha" in desk.html and "Theirs" in desk.html
    assert (desk.inputs["name_en"], desk.inputs["purpose_en"], desk.inputs["ends_on"]) == ("Mine", "My purpose", "2030")
    assert Program.objects.get(slug="alpha").name_en == "Theirs"


def test_per_field_mine_or_theirs_is_chosen(world, desk):
    desk("programs/alpha/edit/")
    elsewhere(world, name_en="Theirs", ends_on="2030")
    desk.send(409, name_en="Mine", purpose_en="My purpose").send(**{"choose-name_en": "theirs"})
    alpha = Program.objects.get(slug="alpha")
    assert (alpha.name_en, alpha.purpose_en, alpha.ends_on) == ("Theirs", "My purpose", "2030")


def test_a_form_that_goes_stale_twice_still_holds_what_was_typed(world, desk):
    desk("programs/alpha/edit/")
    elsewhere(world, name_en="First")
    desk.send(409, name_en="Mine")
    elsewhere(world, name_en="Second")
    assert "Second" in desk.send(409).html
    desk.send()
    assert Program.objects.get(slug="alpha").name_en == "Mine"


def test_a_stale_row_is_told_and_the_rest_of_the_form_stays(world, desk):
    desk("projects/one/edit/")
    world.role.title_en = "Theirs"
    world.role.save()
    desk.send(409, title_en="My title", **{"role-0-title_en": "Mine"})
    assert "choose-role-0-title_en" in desk.html and "Theirs" in desk.html and desk.inputs["title_en"] == "My title"
    desk.send(**{"choose-role-0-title_en": "theirs"})
    world.one.refresh_from_db(), world.role.refresh_from_db()
    assert (world.one.title_en, world.role.title_en) == ("My title", "Theirs")


def test_what_others_changed_in_rows_that_i_did_not_touch_is_no_clash(world, desk):
    desk("projects/one/edit/")
    world.role.title_en = "Theirs"
    world.role.save()
    desk.send(title_en="My title")
    world.role.refresh_from_db()
    assert world.role.title_en == "Theirs"


# ---- twice, and logged out ---------------------------------------------------------------------------------


def test_a_second_click_acts_once(world, desk):
    desk("projects/new/?program=alpha").send(
        slug="fresh", title_en="Fresh", status="planned",
        **{"role-count": "1", "role-0-researcher": "Daniela Rus", "role-0-part": "pi", "cite-all-source": "A paper"},
    )  # fmt: skip
    first = desk.response["Location"]
    assert desk.again().response["Location"] == first
    assert Role.objects.filter(researcher=world.rus).count() == 1
    desk("programs/alpha/edit/").send(name_en="Once")
    desk.again()
    assert Program.objects.get(slug="alpha").version == 2


def logged_out(client) -> None:
    client.logout()


def test_logged_out_meanwhile_the_form_comes_back_as_it_was_typed(world, desk, officer):
    desk("programs/alpha/edit/")
    logged_out(desk.client)
    desk.send(name_en="Typed while logged out", starts_on="nonsense")
    way = desk.response["Location"]
    assert way.startswith("/en/login/?next=")
    desk.client.force_login(officer)
    from urllib.parse import parse_qs, urlsplit

    back = parse_qs(urlsplit(way).query)["next"][0]
    desk(back.removeprefix("/en/"))
    assert "nothing of it is saved yet" in desk.html
    assert (desk.inputs["name_en"], desk.inputs["starts_on"]) == ("Typed while logged out", "nonsense")
    desk.address = back
    desk.send(starts_on="2022")
    assert Program.objects.get(slug="alpha").name_en == "Typed while logged out"


def test_what_one_typed_is_not_laid_before_another(world, desk):
    desk("programs/alpha/edit/")
    logged_out(desk.client)
    desk.send(name_en="Mine")
    key = desk.sent["change-key"]
    desk.client.force_login(cast.user("officer"))
    desk(f"programs/alpha/edit/?kept={key}")
    assert desk.inputs["name_en"] == "Program alpha"


def test_nobody_fills_our_sessions_without_a_form_of_ours(client, world):
    client.post("/en/programs/alpha/edit/", {"name_en": "x", "change-key": "k", "change-owner": "forged"})
    assert "kept_forms" not in client.session


def test_a_form_whose_token_was_rotated_comes_back_as_it_was_typed(world, officer):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    desk = Desk(client, officer)("programs/alpha/edit/")
    desk.send(csrfmiddlewaretoken="of another login", name_en="Typed")
    back = desk.response["Location"]
    desk(back.removeprefix("/en/"))
    assert desk.inputs["name_en"] == "Typed"
    desk.send()
    assert Program.objects.get(slug="alpha").name_en == "Typed"


# ---- who may -----------------------------------------------------------------------------------------------


PAGES = ["programs/new/", "programs/alpha/edit/", "programs/alpha/retire/", "programs/alpha/restore/"]


@pytest.mark.parametrize("address", PAGES)
def test_only_officers_and_administrators_open_forms(world, client, address):
    for role, user in cast.cast(world).items():
        if user:
            client.force_login(user)
        status = client.get(f"/en/{address}").status_code
        assert status == (302 if user is None else 200 if role in ("officer", "administrator") else 403), role
        if status == 403:
            assert "Only officers change records." in client.get(f"/en/{address}").content.decode()


@pytest.mark.parametrize("way", ["edit", "retire", "restore"])
def test_what_one_may_not_see_has_no_form_either(world, client, way):
    hidden = cast.program("hidden", visibility=INTERNAL)
    client.force_login(cast.user("viewer"))
    assert client.get(f"/en/programs/{hidden.slug}/{way}/").status_code == 404


# ---- retiring ----------------------------------------------------------------------------------------------


def test_what_retiring_takes_along_is_said_before_it_is_done(world, desk):
    desk("programs/alpha/retire/")
    assert re.search(r"Projects</th><td[^>]*>3<", desk.html)
    desk.send(400)
    assert "Under it there still are" in desk.html and not Program.objects.get(slug="alpha").is_retired
    desk.send(with_parts="on", reason="ended")
    assert Program.objects.get(slug="alpha").is_retired and Project.objects.get(slug="one").is_retired
    desk("programs/alpha/restore/").send()
    assert not Program.objects.get(slug="alpha").is_retired


def test_retiring_what_somebody_changed_meanwhile_is_asked_again(world, desk):
    desk("programs/beta/retire/")
    Program.objects.filter(slug="beta").update(name_en="Other")
    assert "changed the record meanwhile" in desk.send(400, with_parts="on").html
    desk.send(with_parts="on")
    assert Program.objects.get(slug="beta").is_retired


def test_a_second_click_on_retiring_with_its_parts_acts_once(world, desk, client):
    page = client.get("/en/programs/alpha/retire/").content.decode()
    sent = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("version", "key")}
    sent |= {"with_parts": "on", "reason": "ended"}
    answers = [client.post("/en/programs/alpha/retire/", sent).status_code for _n in range(2)]
    assert answers == [302, 302] and Program.objects.get(slug="alpha").version == 2


@pytest.mark.parametrize("way", ["edit", "retire", "restore"])
@pytest.mark.parametrize("moment", ["as_of=2025", "known_at=2000-01-01"])
def test_what_is_written_is_the_present_and_nothing_sent_is_turned_away(world, desk, client, way, moment):
    shown = client.get(f"/en/programs/alpha/{way}/?{moment}")
    assert (shown.status_code, shown.url) == (302, f"/en/programs/alpha/{way}/")
    sent = client.post(f"/en/programs/alpha/{way}/?{moment}", {})
    assert sent.status_code != 302 or sent.url != shown.url


def test_affiliations_are_typed_with_the_researcher(world, desk):
    desk("researchers/new/").send(
        name_ko="김민준",
        **{"affiliation-count": "1", "affiliation-0-institution": "gist", "affiliation-0-title_ko": "교수", "affiliation-0-starts_on": "2021~"},
    )  # fmt: skip
    assert Affiliation.objects.get(researcher=Researcher.objects.get(name_ko="김민준")).institution == world.gist


def test_a_row_that_somebody_moved_elsewhere_meanwhile_is_not_entered_again(world, desk):
    desk("projects/one/edit/")
    Role.objects.filter(pk=world.role.pk).update(scope=world.two.id)
    desk.send(title_en="My title")
    assert Role.objects.filter(researcher=world.hong).count() == 1


def test_a_form_with_every_row_it_can_hold_is_taken(world, desk):
    for n in range(20):
        cast.role(cast.researcher(), world.alpha)
        cast.participation(cast.institution(), world.alpha)
        cast.headcount(world.alpha, n, counted_on="2020")
        cast.UNDER["phase"](world.alpha, f"phase {n}")
        cast.UNDER["milestone"](world.alpha, f"milestone {n}")
    desk("programs/alpha/edit/").send(name_en="Alpha!")
    assert Program.objects.get(slug="alpha").name_en == "Alpha!"


def test_no_record_is_called_as_the_way_to_a_new_one_is(world, desk):
    desk("projects/new/?program=alpha").send(400, slug="new", title_en="New", status="planned")
    assert desk.problems() == ["Short name in addresses: “new” is a word of our own addresses. Choose another one."]


def test_what_is_written_is_the_present(world, desk):
    desk("programs/alpha/edit/?known_at=2020-01-01", 302)
    assert desk.response["Location"] == "/en/programs/alpha/edit/"


def test_a_statement_about_any_record_is_entered_from_its_page(world, desk):
    page = desk.client.get(f"/en/roles/{world.role.pk}/").content.decode()
    assert f"/en/citations/new/?record={world.role.pk}" in page
    desk(f"citations/new/?record={world.role.pk}").send(
        source="A paper", attribute="part", value_stated="head of the team"
    )
    assert Citation.objects.get(attribute="part").record_id == world.role.pk
    desk("citations/new/").send(source="A paper", record=str(world.role.pk), attribute="title", value_stated="Dr.")


@pytest.mark.parametrize("typed", ["²", "9" * 5000, "x", "-1"])
def test_hidden_numbers_changed_by_hand_do_no_harm(world, desk, typed):
    form = desk("projects/one/edit/")
    hidden = {name: typed for name in form.inputs if name.endswith(("version", "-count"))}
    assert hidden and desk.client.post(desk.address, form.inputs | hidden).status_code in (200, 302)
