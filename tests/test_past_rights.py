"""What one may not see is in no history, no change, no comparison; what one could read is there when it is gone."""

from types import SimpleNamespace

import pytest

from records.models import Record
from tests import cast
from tests.cast import INTERNAL, PUBLIC, ROLES, SHARED, ids_in
from tests.test_changes import deleted, edit, every_entry


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    """A row of every kind at every visibility, each edited, some retired or deleted, and everybody who may ask."""
    w = cast.small_world()
    w.made = {visibility: cast.one_of_each(w, visibility) for visibility in (PUBLIC, SHARED, INTERNAL)}
    w.gone, w.touched = {}, {}
    for visibility, made in w.made.items():
        for name, row in made.items():
            if name == "ledger_entry":  # is only ever added
                continue
            w.touched[(visibility, name)] = edit(row, is_retired=True)
            edit(row, is_retired=name in ("course", "event"))
        gone = cast.participation(w.kaist, w.alpha, visibility=visibility)
        w.gone[visibility] = gone.id
        deleted(gone)
    w.by = cast.cast(w)
    return w


def may_read(w, role) -> set:
    """Ids of the records that a role may read or could read when they were there."""
    return set(Record.objects.with_retired_visible_to(cast.reader(w.by[role])).values_list("id", flat=True))


@pytest.mark.parametrize("role", ROLES)
def test_the_history_of_a_record_is_there_for_whoever_may_read_it(db, w, api, role):
    seen = may_read(w, role)
    for made in w.made.values():
        for name, row in made.items():
            status = api(f"{cast.kind(name).plural}/{row.id}/history/", w.by[role]).status_code
            assert status == (200 if row.id in seen else 404), name
    for id in w.gone.values():
        assert api(f"participations/{id}/history/", w.by[role]).status_code == (200 if id in seen else 404)


@pytest.mark.parametrize("role", ROLES)
def test_no_change_or_history_names_what_one_may_not_see(db, w, api, role):
    hidden = set(Record.objects.values_list("id", flat=True)) - may_read(w, role)
    changes = every_entry(api, "changes/", w.by[role])
    for this in changes:
        assert not ids_in(api(f"changes/{this['id']}/", w.by[role]).json()) & hidden
        assert this["touched"]
    for address in ("programs/alpha", "institutions/gist", f"researchers/{w.hong.id}"):
        assert not ids_in(every_entry(api, f"{address}/history/?parts=yes", w.by[role])) & hidden


@pytest.mark.parametrize("role", ROLES)
def test_a_change_of_which_one_may_see_nothing_does_not_exist(db, w, api, client, role):
    seen, listed = may_read(w, role), {c["id"] for c in every_entry(api, "changes/", w.by[role])}
    for (visibility, name), this in w.touched.items():
        is_seen = w.made[visibility][name].id in seen
        assert (this.pk in listed) == is_seen, (visibility, name)
        assert api(f"changes/{this.pk}/", w.by[role]).status_code == (200 if is_seen else 404)


# ---- pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_of_the_history_open(client, w, db, language):
    this = w.touched[(PUBLIC, "program")]
    for address in (
        "changes/", "changes/?kind=program&who=officer&from=2020&to=2999", "changes/?who=nobody", f"changes/{this.pk}/",
        f"changes/{this.pk}/?kind=program", "programs/alpha/history/", "programs/alpha/history/?parts=yes",
        "programs/alpha/history/?field=status&door=page", "programs/alpha/history/?who=nobody",
    ):  # fmt: skip
        page = client.get(f"/{language}/{address}")
        assert page.status_code == 200 and f'<html lang="{language}">' in page.content.decode(), address
    assert client.get(f"/{language}/changes/999999999/").status_code == 404
