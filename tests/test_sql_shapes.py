"""What PostgreSQL writes of a row is what `shapes.py` and `columns.py` say of it, for every kind and reader."""

import contextlib
from itertools import groupby
from types import SimpleNamespace

import orjson
import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction
from hypothesis import given
from hypothesis import strategies as st

from records import sql_shapes
from records.columns import Cells, Form, choosable, file_columns
from records.dates import EdtfField
from records.kinds import Kind, kinds
from records.shape_asked import whole
from records.shapes import shaped
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED

NAMES = list(kinds())
READERS = ("anyone", "partner", "viewer", "officer")
ODD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30) | st.sampled_from(
    ["", '"', "a,b", "a;b", "\t", "\r\n", "\\", "\\n", "null", "%s %(a)s", "=1+1", "한글", "\x7f\x1f\b\f", "{}", "'"]
)


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    """Rows of every kind at every visibility, some of which lead to what is hidden, retired or merged."""
    w = cast.small_world()
    for visibility in (PUBLIC, SHARED, INTERNAL):
        cast.one_of_each(w, visibility, tag=f"v{visibility}")
    hidden = cast.project(w.alpha, visibility=INTERNAL)
    retired = cast.project(w.alpha)
    cast.role(w.hong, retired, effort_share="12.50")
    cast.relation(retired, w.beta)
    retired.is_retired = True
    retired.save()
    secret = cast.institution(visibility=INTERNAL)
    cast.institution(parent=secret, visibility=INTERNAL)
    cast.line(w.alpha, project=hidden, visibility=INTERNAL)
    cast.lab(w.kaist, floor_area=13000, floor_area_unit="ft2", opened_on="2024")
    for currency, planned in (("USD", 123450), ("USD", 100), ("KWD", 1234567), ("KRW", 44_000_000_000), ("EUR", 1)):
        cast.amount(cast.line(w.alpha, currency=currency, payer=w.gist), 2024, planned, committed=None)
    cast.counter_entry(cast.entry(cast.line(w.alpha, currency="USD"), 150))
    w.readers = {
        "anyone": cast.reader(None),
        "partner": cast.reader(cast.user("partner", w.gist)),
        "viewer": cast.reader(cast.user("viewer")),
        "officer": cast.reader(cast.user("officer")),
    }
    return w


def written(kind: Kind, rows, names: list[str], *expressions: str) -> list[tuple]:
    """What the database makes of these rows, in the order of their ids."""
    sql, parameters = rows.order_by("id").values(*names).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(expressions)} FROM ({sql}) t", parameters)
        return cursor.fetchall()


def same_json(kind: Kind, reader, minor: bool = False) -> int:
    rows = kind.rows().visible_to(reader).order_by("id")
    shape = whole(kind, is_minor=minor)
    said = sql_shapes.json_of(shape, reader)
    if said is None:
        assert not sql_shapes.can_be_said(kind, reader)
        return 0
    found = [shaped(shape, [row], reader, None)[0] for row in rows]
    found = [(orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z).decode(),) for row in found]
    text = f"(SELECT row_to_json(r) FROM (SELECT {said}) r)::text"
    assert written(kind, rows, sql_shapes.needed(kind), text) == found
    return len(found)


def same_cells(kind: Kind, reader) -> int:
    """Field by field, so that one that cannot be said leaves the others to be looked at."""
    rows, count = kind.rows().visible_to(reader).order_by("id"), 0
    columns = file_columns(kind, choosable(kind, reader))
    for columns_of_field in (list(found) for _name, found in groupby(columns, lambda column: column.field.name)):
        said = sql_shapes.cells_of(kind, columns_of_field, reader)
        if said is not None:
            texts = [f"coalesce(({cell})::text, '')" for cell in said]
            cells = [tuple(row) for row in Cells(kind, columns_of_field, reader, Form.RAW).of(rows)]
            assert written(kind, rows, sql_shapes.needed(kind), *texts) == cells, columns_of_field
            count += 1
    return count


@pytest.mark.parametrize("who", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_written_as_it_is_shaped(db, w, name, who):
    kind, reader = cast.kind(name), w.readers[who]
    found = same_json(kind, reader), same_json(kind, reader, minor=True)
    assert (all(found) or not kind.rows().visible_to(reader).exists()) == sql_shapes.can_be_said(kind, reader)
    assert bool(same_cells(kind, reader)) == sql_shapes.can_be_said(kind, reader)


def test_only_what_is_attached_or_somebodys_own_is_left_to_python(db, w):
    left = {who: {n for n in NAMES if not sql_shapes.can_be_said(cast.kind(n), w.readers[who])} for who in READERS}
    assert left == {
        "anyone": {"funding_line"},
        "partner": {"funding_line", "researcher", "role"},
        "viewer": {"funding_line"},
        "officer": {"funding_line"},
    }


@given(data=st.data())
def test_whatever_stands_in_a_row_is_written_as_it_is_shaped(db, w, data):
    """Texts and lists of any characters."""
    kind = cast.kind(data.draw(st.sampled_from(NAMES)))
    columns = [c for c in kind.model._meta.concrete_fields if c.name in kind.fields and not c.choices]
    texts = {c.name: c for c in columns if isinstance(c, models.CharField | models.TextField | ArrayField)}
    values = {}
    for name, column in texts.items():
        if (
            isinstance(column, EdtfField)
            or name in ("slug", "currency", "sha256", "number", "outside_key")
            or column.unique
        ):
            continue
        is_list = isinstance(column, ArrayField)
        values[name] = data.draw(st.lists(ODD.filter(bool), max_size=3) if is_list else ODD)
        longest = (column.base_field if is_list else column).max_length or 100
        values[name] = [v[:longest] for v in values[name]] if is_list else values[name][:longest]
    row = kind.model.objects.filter(is_retired=False).order_by("?").first()
    with contextlib.suppress(IntegrityError), transaction.atomic():
        kind.model.objects.filter(id=row.id).update(**values)
    for who in READERS:
        same_json(kind, w.readers[who])
        same_cells(kind, w.readers[who])


def test_what_a_record_lies_under_is_never_more_hidden_than_it(db, w):
    """So a reference to it may be shown unasked to whoever sees the record."""
    for kind in kinds().values():
        for name in kind.under:
            whole = cast.one_of_each(w, PUBLIC, tag=f"under-{kind.name}")[kind.name]
            part = cast.one_of_each(w, PUBLIC, tag=f"part-{kind.name}")[kind.name]
            kind.model.objects.filter(id=part.id).update(**{name: whole})
            kind.model.objects.filter(id=whole.id).update(visibility=INTERNAL)
            assert kind.model.objects.get(id=part.id).visibility == INTERNAL
            with pytest.raises(IntegrityError), transaction.atomic():
                kind.model.objects.filter(id=part.id).update(visibility=PUBLIC)
                connection.check_constraints()
