"""One stream with all that one may see: the rows of every list, of one moment, and an end that says that it is one."""

import json
from contextlib import closing
from types import SimpleNamespace

import pytest

from records import everything_api
from records.data_version import data_version
from records.kinds import kinds
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED


def lines_of(answer) -> list[dict]:
    assert answer.status_code == 200
    return [json.loads(line) for line in b"".join(answer).splitlines()]


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    w = cast.small_world()
    for level in (PUBLIC, SHARED, INTERNAL):
        cast.one_of_each(w, level)
    cast.amount(w.line, 2026, 123456)
    w.cast = cast.cast(w)
    return w


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "viewer", "partner", "stranger", "officer"])
def test_it_has_the_rows_of_every_list_and_no_other(w, api, role):
    by = w.cast[role]
    answer = api("everything/", by)
    about, *records, end = lines_of(answer)
    assert about["about"]["kinds"] == list(kinds()) and end == {"end": {"records": len(records)}}
    assert answer["Data-Version"] == str(data_version()) and about["about"]["is_stale"] == data_version().is_stale
    wanted = [
        {"kind": kind.name, "record": row}
        for kind in kinds().values()
        for row in lines_of(api(f"{kind.plural}/?sort=id&format=jsonl", by))
    ]
    assert records == wanted


@pytest.mark.django_db
def test_it_is_asked_for_as_lists_are(w, api):
    for question in ("money=minor", "as_of=2021", "lang=ko"):
        wanted = [
            row for k in kinds().values() for row in lines_of(api(f"{k.plural}/?sort=id&format=jsonl&{question}"))
        ]
        assert [line["record"] for line in lines_of(api(f"everything/?{question}"))[1:-1]] == wanted
    for question in ("limit=5", "status=running", "format=csv", "money=much"):
        (error,) = api(f"everything/?{question}").json()["errors"]
        assert error["parameter"] == question.partition("=")[0]
    answer = api("everything/", accept="application/jsonl")
    assert answer["Content-Type"] == "application/jsonl" and lines_of(answer)


@pytest.mark.django_db
def test_what_breaks_off_has_no_end_and_cannot_be_read(w, api, monkeypatch):
    whole = everything_api.Export.jsonl

    def torn(self):
        if self.kind.name == "project":
            raise ConnectionResetError("the database is gone")
        with closing(whole(self)) as found:
            yield from found

    monkeypatch.setattr(everything_api.Export, "jsonl", torn)
    *good, last = b"".join(api("everything/")).splitlines()
    assert len([json.loads(line) for line in good]) > 3 and b'"end"' not in last
    with pytest.raises(ValueError):
        json.loads(last)
