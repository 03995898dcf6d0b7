"""Every address × method × who asks is answered as tests/rights/matrix.txt says."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from programs.rules import reader_for
from reports.models import ProjectUpdate
from reports.models.updates import REPORTED, WITH_OFFICERS, WITH_PARTNER, State
from tests.rights import table, targets
from tests.rights import world as rights
from tests.rights.routes import METHODS, Route, routes
from tests.rights.table import Case


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    return rights.world()


@pytest.fixture(scope="module")
def found(w) -> dict:
    return table.answered(w, table.cases(w))


def test_everybody_is_answered_as_the_table_says(db, found):
    if os.environ.get("WRITE_MATRIX"):
        table.write(table.folded(found))
    said = table.differences(table.read(), found)
    assert not said, "\n" + "\n".join(said)


def test_nothing_that_anybody_asks_breaks_the_registry(db, found):
    assert not [case.own_row for case, cells in found.items() if any(cell.startswith("5") for cell in cells)]


def test_a_method_that_an_address_of_the_api_does_not_take_is_refused(db, w):
    seen = set()
    for route in routes():
        if not route.is_api or route.address in seen:
            continue
        seen.add(route.address)
        target = next(targets.targets(route, w), None)
        for method in set(METHODS) - set(route.methods) if target else ():
            status = w.askers["administrator"].ask(method, Case(method, route, target).address).status_code
            assert status == (404 if route.address == "/api/<rest>" else 405), (method, route.address)


# ---- how the table is kept ---------------------------------------------------------------------------------


@pytest.fixture
def one(found) -> tuple[Case, table.Cells]:
    return next((case, cells) for case, cells in found.items() if case.row == ("GET", "/api/v1/jobs/", "–"))


def test_an_address_without_its_line_fails_and_says_what_to_do(db, one):
    case, cells = one
    assert table.differences({}, {case: cells}) == [
        "GET /api/v1/jobs/ – has no line: `make matrix` writes it. Read it: is each of its answers what it should be?"
    ]


def test_a_line_without_its_address_fails(db, one):
    case, cells = one
    gone = ("POST", "/api/v1/gone/", "–")
    (said,) = table.differences({case.row: cells, gone: cells}, {case: cells})
    assert said == "POST /api/v1/gone/ – stands in the table, but nothing answers there: `make matrix`."


def test_another_answer_is_told_by_who_got_it(db, one):
    case, cells = one
    (said,) = table.differences({case.row: ("404", *cells[1:])}, {case: cells})
    assert said == "GET /api/v1/jobs/ –: anonymous is answered 200, the table says 404"


def test_a_new_address_with_parameters_asks_what_fills_it(w):
    with pytest.raises(LookupError, match="Nobody says what fills /en/news/<id>/: name its targets"):
        targets.targets(Route("/en/news/<id>/", ("GET",)), w)


def test_a_kind_that_is_answered_otherwise_has_a_line_of_its_own(db, found):
    case, cells = next(
        (case, cells) for case, cells in found.items() if case.row[:2] == ("GET", "/api/v1/<kind>/<pk>/")
    )
    other = replace(case, target=replace(case.target, kind="others"))
    third = replace(case, target=replace(case.target, kind="thirds"))
    rows = table.folded({case: cells, third: cells, other: ("404",) * len(cells)})
    assert rows == {case.row: cells, other.own_row: ("404",) * len(cells)}


# ---- reports, before they have addresses -------------------------------------------------------------------


def test_reports_stand_in_every_state_at_both_partners(w, db):
    for whose, by_state in w.updates.items():
        assert {state: ProjectUpdate.objects.get(pk=update.pk).state for state, update in by_state.items()} == {
            state: state for state in State
        }
        reader = reader_for(w.user[whose])
        assert set(ProjectUpdate.objects.visible_to(reader)) == set(by_state.values())


def test_the_groups_hold_every_state_once(w):
    together = [state for states in targets.GROUPS.values() for state in states]
    assert sorted(together) == sorted(State)
    assert targets.GROUPS["with the partner"] == WITH_PARTNER and targets.GROUPS["with officers"] == WITH_OFFICERS
    assert set(targets.GROUPS["over"]) <= set(REPORTED)


def test_reports_have_a_line_for_each_group_of_states(w):
    route = Route("/en/updates/<id>/", ("GET",))
    asked = [Case("GET", route, target) for target in targets.updates(w, route)]
    assert len({case.row for case in asked}) == 2 * len(targets.GROUPS)
    assert len({case.address for case in asked}) == 2 * len(State)
