"""Officers decide on what partners reported: the queue, the page of the decision, and its effect before it is made."""

import re

import pytest
from django.utils import timezone, translation

from funding.models import LedgerEntry
from funding.rollups import totals
from people.models import Researcher
from programs.models import Milestone, Output
from records.models import Change, Citation, StaleMark
from records.rights import EVERYTHING
from reports.deciding.effect import effect_of
from reports.models import ProjectUpdate, ProposedValue
from reports.models.updates import State

from . import cast
from .reporting import (
    SECOND_HALF,
    by,
    decided,
    page_of,
    reporting_world,
    submitted,
    typed,
    values_of,
    written,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def w():
    return reporting_world()


@pytest.fixture
def open_as(client):
    """`open_as(user)`: a client that is signed in as this user."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def form_of(page: str) -> dict[str, str]:
    """The hidden inputs of the form that decides, as a browser sends them back."""
    form = page.partition('id="deciding"')[2].partition("</form>")[0]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return dict(hidden)


def choices(update, returned=(), **more) -> dict[str, str]:
    """Radio buttons: accept all but what is named here by its field."""
    found = {f"value-{v.id}": "return" if v.field in returned else "accept" for v in values_of(update).values()}
    return found | more


def decide(client, update, language="ko", **sent):
    page = client.get(page_of(update, language)).content.decode()
    return client.post(f"{page_of(update, language)}decide/", form_of(page) | {"do": "decide"} | sent)


# ---- the page that decides ------------------------------------------------------------------------------


def test_each_value_stands_beside_what_the_registry_holds_in_words(w, open_as):
    update = submitted(w)
    korean = open_as(w.officer).get(page_of(update, "ko")).content.decode()
    english = open_as(w.officer).get(page_of(update, "en")).content.decode()
    assert "2025. 5. 20." in korean and "0.12억 원" in korean and "시제품을 완성함." in korean
    assert "KRW 12 million" in english and "paper" in english and "until 2025-06-30" in english
    assert "https://doi.org/10.1038/s41586-021-03819-2" in english


def test_what_moved_since_the_partner_wrote_is_said_with_a_word(w, open_as):
    update = submitted(w)
    cast.entry(w.money, 3_000_000, posted_on="2025-02-01")
    said = open_as(w.officer).get(page_of(update, "en")).content.decode()
    assert "moved since it was written; then: KRW 0" in said
    assert "KRW 3,000,000" in said


def test_a_new_person_stands_beside_those_who_are_called_so(w, open_as):
    cast.researcher("Hong Gil-dong", name_ko="홍길동")
    update = submitted(
        w, {"people": [{"key": "new-1", "name_ko": "홍길동", "part": "participant", "starts_on": "2025-03"}]}
    )
    said = open_as(w.officer).get(page_of(update, "en")).content.decode()
    assert "May be here already:" in said and "Hong Gil-dong" in said


def test_accepting_writes_and_the_page_leads_to_what_was_written(w, open_as):
    update, client = submitted(w), open_as(w.officer)
    response = decide(client, update, "en", **choices(update, returned=["doi"], text="DOI를 확인해 주십시오."))
    assert response["Location"] == page_of(update, "en")
    update.refresh_from_db()
    said = client.get(page_of(update, "en")).content.decode()
    assert update.state == State.PARTLY_ACCEPTED
    assert f"/en/changes/{Change.objects.latest('id').pk}/" in said
    assert f"/en/milestones/{w.milestone.id}/" in said
    assert f"/en/outputs/{Output.objects.get(title_en='A paper').id}/" in said
    assert LedgerEntry.objects.filter(line=w.money).count() == 2


def test_what_is_left_undecided_is_refused_and_everything_chosen_stays(w, open_as):
    update, client = submitted(w), open_as(w.officer)
    sent = choices(update, returned=["doi"])
    spent = values_of(update)["money.spent"]
    del sent[f"value-{spent.id}"]
    doi = values_of(update)["outputs.doi"]
    response = decide(client, update, "en", **sent | {f"note-{spent.id}": "증빙?", "text": ""})
    said = response.content.decode()
    assert response.status_code == 400
    assert "Accept or return this value." in said
    assert "Say why this value is returned" in said
    assert ">증빙?</textarea>" in said
    assert f'name="value-{doi.id}" value="return" checked' in said
    assert said.count('value="accept" checked') == len(sent) - 1
    assert not ProposedValue.objects.exclude(decision="").exists()


def test_what_moved_while_one_looked_is_marked_and_the_choice_stays(w, open_as):
    update, client = submitted(w), open_as(w.officer)
    page = client.get(page_of(update, "en")).content.decode()
    cast.entry(w.money, 3_000_000, posted_on="2025-02-01")
    sent = form_of(page) | choices(update, returned=["doi"], text="no DOI") | {"do": "decide"}
    response = client.post(f"{page_of(update, 'en')}decide/", sent)
    said = response.content.decode()
    assert response.status_code == 409
    assert said.count("moved while you looked") == 1
    assert "What you chose is kept" in said and ">no DOI</textarea>" in said
    again = client.post(f"{page_of(update, 'en')}decide/", sent | form_of(said))
    assert again.status_code == 302


def test_the_second_of_two_officers_is_told_what_the_first_one_did(w, open_as):
    update = submitted(w)
    page = open_as(w.other_officer).get(page_of(update, "en")).content.decode()
    decided(update, w)
    sent = form_of(page) | choices(update) | {"do": "decide"}
    response = open_as(w.other_officer).post(f"{page_of(update, 'en')}decide/", sent)
    assert response.status_code == 409
    assert f"{w.officer.username} acted on the report meanwhile: it is “accepted” now." in response.content.decode()


def test_a_whole_section_is_accepted_without_javascript(w, open_as):
    update, client = submitted(w), open_as(w.officer)
    page = client.get(page_of(update, "ko")).content.decode()
    said = client.post(f"{page_of(update, 'ko')}decide/", form_of(page) | {"do": "accept:outputs"}).content.decode()
    accepted = [v for name, v in values_of(update).items() if name.startswith("outputs.")]
    assert said.count('value="accept" checked') == len(accepted)
    everything = client.post(f"{page_of(update, 'ko')}decide/", form_of(page) | {"do": "accept:all"}).content.decode()
    assert everything.count('value="accept" checked') == update.values_proposed
    assert not ProposedValue.objects.exclude(decision="").exists()


def test_the_button_says_what_it_does_with_how_many(w, open_as):
    update, client = submitted(w), open_as(w.officer)
    page = client.get(page_of(update, "en")).content.decode()
    assert f">{update.values_proposed} left</button>" in page
    sent = form_of(page) | choices(update, returned=["doi"]) | {"do": "preview"}
    said = client.post(f"{page_of(update, 'en')}decide/", sent).content.decode()
    assert f">Accept {update.values_proposed - 1}, return 1</button>" in said


def test_officers_do_not_decide_on_a_draft(w, open_as):
    update = written(w)
    said = open_as(w.officer).get(page_of(update, "ko")).content.decode()
    assert 'id="deciding"' not in said


def test_in_the_past_nothing_is_decided(w, open_as):
    update = submitted(w)
    now = timezone.now().isoformat().replace("+", "%2B")
    assert 'id="deciding"' not in open_as(w.officer).get(f"{page_of(update, 'ko')}?known_at={now}").content.decode()
    assert open_as(w.officer).get(f"/ko/updates/queue/?known_at={now}").status_code == 302


def test_a_decided_report_is_opened_again_with_a_reason(w, open_as):
    update, client = decided(submitted(w), w), open_as(w.officer)
    refused = client.post(f"{page_of(update, 'en')}reopen/", {"version": update.version, "reason": " "})
    assert refused.status_code == 400
    assert "Say why the report is opened again." in refused.content.decode()
    client.post(f"{page_of(update, 'ko')}reopen/", {"version": update.version, "reason": "집행액이 달라졌습니다."})
    update.refresh_from_db()
    assert update.state == State.RETURNED
    assert "집행액이 달라졌습니다." in client.get(page_of(update, "ko")).content.decode()


# ---- its effect, before ---------------------------------------------------------------------------------


def effect(update, w, *fields):
    """Of accepting these fields, as `section.field`; of everything where none is named."""
    values = values_of(update)
    ids = [values[name].id for name in fields or values]
    with translation.override("en"):
        return effect_of(update, ids, by=by(w.officer))


def rows_of_everything() -> tuple:
    """What a preview could leave behind."""
    marks = StaleMark.objects.count()
    written = [model.objects.count() for model in (Change, Citation, LedgerEntry, Output, Researcher)]
    milestones = list(Milestone.objects.values_list("id", "version", "state"))
    return marks, written, milestones, list(ProjectUpdate.objects.values_list("id", "version", "state"))


def test_a_preview_leaves_nothing_behind(w, open_as):
    update = submitted(w)
    cast.work()
    before = rows_of_everything()
    assert effect(update, w).sums
    open_as(w.officer).get(page_of(update, "ko"))
    assert rows_of_everything() == before
    assert not ProposedValue.objects.exclude(decision="").exists()


def test_the_effect_on_money_is_right_to_the_won(w):
    cast.entry(w.money, 1_000_001, movement="received", posted_on="2025-02-01")
    cast.entry(w.money, 2_345_678, posted_on="2025-02-01")
    cast.work()
    update = submitted(w)
    found = effect(update, w)
    project, program = found.sums[:2], found.sums[2:]
    assert [(one.before, one.after) for one in project] == [
        ("KRW 1.000001 million", "KRW 12 million"),
        ("KRW 2.345678 million", "KRW 8 million"),
    ]
    assert project[1].beneath == "8.0 % of what is committed"
    assert len(program) == 2
    assert {one.amount for one in found.postings} == {"KRW 10,999,999", "KRW 5,654,322"}
    decided(update, w)
    cast.work()
    (now,) = totals(EVERYTHING, project=w.one.id)
    assert (now["received"], now["spent"]) == (12_000_000, 8_000_000)
    (whole,) = totals(EVERYTHING, program=w.alpha.id)
    assert [one.after for one in program] == [
        f"KRW {whole[name] / 10**6:,.10g} million" for name in ("received", "spent")
    ]


def test_only_what_is_accepted_has_an_effect(w):
    found = effect(submitted(w), w, "money.spent")
    assert [one.name for one in found.sums] == ["spent", "spent"]
    assert not found.done and not found.new
    assert effect_of(submitted(w, period=SECOND_HALF), [], by=by(w.officer)).is_nothing


def test_a_line_that_would_be_overdrawn_is_named(w):
    content = typed(w, money=[{"key": str(w.money.id), "received": "9000만", "spent": "1억 1000만"}])
    found = effect(submitted(w, content), w)
    assert len(found.overdrawn) == 2
    assert "KRW 110 million would be spent of KRW 100 million committed." in found.overdrawn[0]


def test_the_effect_on_time_says_by_how_many_days(w):
    moved = Milestone.objects.create(scope_id=w.one.id, title_ko="다음", planned_on="2025-06", due_on="2025-06-01")
    content = typed(
        w,
        milestones=[
            {"key": str(w.milestone.id), "version": w.milestone.version, "done_on": "2025.6.9."},
            {"key": str(moved.id), "version": moved.version, "due_on": "2025-06-11"},
        ],
    )
    found = effect(submitted(w, content), w)
    (done,), (moving,) = found.done, found.moved
    assert done.by == "9 days later than due"
    assert (moving.before, moving.after, moving.by) == ("2025-06-01", "2025-06-11", "10 days later")
    assert [kind for kind, _what, _when in found.new] == ["output"]


def test_what_the_registry_would_refuse_is_said_before(w, open_as):
    update = submitted(w)
    cast.sql("UPDATE programs_milestone SET is_retired = true WHERE id = %s", w.milestone.id)
    assert "does not have this record any more" in effect(update, w).faults[0].message
    client = open_as(w.officer)
    assert "Cannot be accepted as it is:" in client.get(page_of(update, "en")).content.decode()
    assert decide(client, update, **choices(update)).status_code == 400
    assert decide(client, update, **choices(update, returned=["done_on"], text="어느 목표입니까?")).status_code == 302


def test_the_page_shows_the_effect_of_accepting_everything_first(w, open_as):
    said = open_as(w.officer).get(page_of(submitted(w), "en")).content.decode()
    assert "If everything is accepted" in said
    assert "Entries that are posted" in said
    assert "0 → KRW 8 million" in said or "– → KRW 8 million" in said
