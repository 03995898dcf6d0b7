"""The shape of what the API answers is as asked: fields, records inside, a table without joins, an exact count, a link."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.kinds import Type, kinds, kinds_by_plural
from records.list_api import CONTROLS
from records.shape_asked import flat_names, includes_of
from tests import cast
from tests.cast import INTERNAL

NAMES = sorted(kinds_by_plural())


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    w = cast.small_world()
    for n in range(6):
        cast.one_of_each(w, tag=f"t{n}")
        payer = cast.institution(f"payer-{n}", "company", country="US", parent=w.government)
        line = cast.line(w.one, payer=payer, currency="USD", form="cash", aliases=["a; b", "c"])
        cast.amount(line, 2025, 12345)
    w.secret = cast.institution("secret", visibility=INTERNAL)
    w.hidden = cast.line(w.alpha, payer=w.secret, name_en="hidden payer")
    w.officer, w.partner = cast.user("officer"), cast.user("partner", w.gist)
    cast.work()
    return w


def rows(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def problems(answer) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {error["parameter"]: error["detail"] for error in answer.json()["errors"]}


# ---- fields and omit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("plural", NAMES)
def test_a_list_shows_just_the_fields_that_are_asked_for_as_the_whole_row_does(db, w, api, plural):
    whole = rows(api(f"{plural}/?limit=5"))
    names = list(whole[0])
    for some in (names[:3], names[::-2]):
        assert rows(api(f"{plural}/?limit=5&fields={','.join(some)}")) == [{n: row[n] for n in some} for row in whole]
        left = [n for n in names if n not in some]
        assert rows(api(f"{plural}/?limit=5&omit={','.join(some)}")) == [{n: row[n] for n in left} for row in whole]


def test_a_pair_is_both_languages_and_one_record_is_asked_alike(db, w, api):
    assert api("projects/one/?fields=title,slug").json() == {"title_ko": "과제 one", "title_en": "Project one", "slug": "one"}  # fmt: skip
    assert "title_ko" not in api("projects/one/?omit=title").json()


def test_what_nobody_asked_for_is_not_worked_out(db, w, api):
    """Amounts of lines and labels cost queries; a list of names asks for none."""
    with CaptureQueriesContext(connection) as whole:
        api("funding-lines/")
    with CaptureQueriesContext(connection) as few:
        api("funding-lines/?fields=name,state")
    assert len(few) <= len(whole) - 3
    assert not [query for query in few.captured_queries if "funding_fundingamount" in query["sql"]]


def test_a_view_shows_its_columns_unless_fields_are_asked_for(db, w, api):
    from records.commands import Author
    from records.saving import save_view

    view = save_view(kinds()["project"], "V", "columns=number,title", "public", by=Author(cast.reader(w.officer), "o"))
    assert set(rows(api(f"projects/?view={view.id}"))[0]) == {"id", "version", "number", "title_ko", "title_en"}
    assert set(rows(api(f"projects/?view={view.id}&flat=1&include=program"))[0]) > {"number", "program.slug"}
    assert set(rows(api(f"projects/?view={view.id}&fields=slug"))[0]) == {"slug"}


# ---- records inside ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("plural", NAMES)
def test_a_record_inside_is_as_its_own_list_shows_it(db, w, api, plural):
    for by in (None, w.officer):
        for path, there in includes_of(kinds_by_plural()[plural]).items():
            for row, plain in zip(
                rows(api(f"{plural}/?limit=3&include={path}", by)), rows(api(f"{plural}/?limit=3", by)), strict=True
            ):
                first, _dot, second = path.partition(".")
                inside, alone = row[first], plain[first]
                if second and inside:
                    inside, alone = inside[second], api(f"{includes_plural(plural, first)}/{alone}/", by).json()[second]
                if alone is None:
                    assert inside is None
                    continue
                kind = there or kinds()[inside.pop("record_kind")]
                assert inside == api(f"{kind.plural}/{alone}/", by).json(), path


def includes_plural(plural: str, ref: str) -> str:
    return includes_of(kinds_by_plural()[plural])[ref].plural


def test_a_record_that_one_may_not_see_stands_nowhere_inside(db, w, api):
    row = rows(api("funding-lines/?name_en=hidden payer&include=payer.parent"))[0]
    assert row["payer"] is None
    flat = rows(api("funding-lines/?name_en=hidden payer&include=payer&flat=1"))[0]
    assert flat["payer"] is flat["payer_label"] is flat["payer.slug"] is None
    assert rows(api("funding-lines/?name_en=hidden payer&include=payer", w.officer))[0]["payer"]["slug"] == "secret"


def test_private_fields_stay_private_inside(db, w, api):
    cast.researcher("Known", researcher_number="12345678")
    cast.role(type(w.hong).objects.get(name_en="Known"), w.one, effort_share=7, title_en="watched")
    asked = "roles/?title_en=watched&include=researcher"
    assert rows(api(asked))[0]["researcher"]["researcher_number"] is None
    assert rows(api(asked, w.officer))[0]["researcher"]["researcher_number"] == "12345678"


@pytest.mark.parametrize("plural", NAMES)
@pytest.mark.parametrize("flat", ["", "&flat=1"])
def test_many_rows_take_no_more_queries_than_few(db, w, api, plural, flat):
    paths = [path for path, there in includes_of(kinds_by_plural()[plural]).items() if there or not flat]
    counted = []
    for limit in (2, 2, 60):
        with CaptureQueriesContext(connection) as asked:
            assert api(f"{plural}/?limit={limit}&include={','.join(paths)}{flat}", w.officer).status_code == 200
        counted.append(len(asked))
    kinds_met = 2 * len(kinds()) if None in includes_of(kinds_by_plural()[plural]).values() else 8
    assert counted[2] <= counted[1] + kinds_met


# ---- a table -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plural", NAMES)
def test_every_row_of_a_table_has_the_same_columns_and_plain_values(db, w, api, plural):
    kind = kinds_by_plural()[plural]
    paths = [path for path, there in includes_of(kind).items() if there]
    found = rows(api(f"{plural}/?flat=1&include={','.join(paths)}", w.officer))
    assert len({tuple(row) for row in found}) == 1
    assert set(flat_names(kind)) <= set(found[0])
    assert all(isinstance(value, str | int | float | None) for row in found for value in row.values())


def test_labels_stand_beside_ids_in_the_language_asked_for(db, w, api):
    for lang, payer, form in (("ko", "기관 payer-0", "현금"), ("en", "Payer-0", "cash")):
        asked = f"funding-lines/?flat=1&payer=payer-0&include=payer&fields=payer,form,payer.country,aliases&lang={lang}"
        row = rows(api(asked))[0]
        assert row["payer"] == str(api("institutions/payer-0/").json()["id"])
        assert (row["payer_label"], row["form_label"]) == (payer, form)
        assert list(row) == ["payer", "payer_label", "form", "form_label", "aliases", "payer.country"]
        assert row["aliases"] == "a\\; b; c"
    assert list(rows(api("funding-lines/?flat=1&fields=name_en,payer_label"))[0]) == ["name_en", "payer_label"]


def test_amounts_are_minor_units_where_asked_inside_too(db, w, api):
    asked = "funding-amounts/?fiscal_year=2025&currency=USD&include=line&flat=1"
    major, minor = rows(api(asked))[0], rows(api(f"{asked}&money=minor"))[0]
    assert (major["planned"], major["line.planned"]) == (123.45, 123.45)
    assert (minor["planned"], minor["line.planned"]) == (12345, 12345)


# ---- what is wrong -----------------------------------------------------------------------------------------


def test_all_that_is_wrong_is_said_at_once_with_the_nearest_right_word(db, w, api):
    asked = (
        "projects/?statuss=running&status=runing&fields=titel_ko&omit=sumary_ko&include=programm&sort=statsu&flat=2"
        "&count=all&lang=kr&money=mino&limit=0&as_of=soon&columns=title&search=a&search=b&program__gte=1"
    )
    found = problems(api(asked))
    near = {
        "statuss": "“status”", "status": "“running”", "fields": "“title_ko”", "omit": "“summary_ko”", "include": "“program”",
        "sort": "“status”", "lang": "“ko”", "money": "“minor”", "flat": "1, 0", "count": "exact", "limit": "1000", "as_of": "",
        "columns": "“fields”", "search": "more than once", "program__gte": "program",
    }  # fmt: skip
    assert set(found) == set(near)
    assert all(word in found[name] for name, word in near.items()), found


@pytest.mark.parametrize(
    ("question", "parameter"),
    [
        ("fields=slug&omit=slug", "omit"), ("include=program&omit=program", "omit"), ("fields=program.slug&omit=program", "omit"),
        ("include=program.lab.institution", "include"), ("include=title", "include"), ("fields=program_label", "fields"),
        ("omit=program.slug", "omit"), ("fields=program.colour", "fields"), ("omit=" + ",".join(
            ["id,slug,title,aliases,program,parent,number,summary,topics,status,starts_on,ends_on,visibility,is_retired"
             ",merged_into,version,updated_at"]), "omit"),
    ],
)  # fmt: skip
def test_contradictions_are_said(db, w, api, question, parameter):
    for address in ("projects/", "projects/one/"):
        assert list(problems(api(f"{address}?{question}"))) == [parameter]


def test_records_of_many_kinds_are_no_table(db, w, api):
    assert "many kinds" in problems(api("participations/?include=scope&flat=1"))["include"]
    assert rows(api("participations/?include=scope"))[0]["scope"]["record_kind"] in kinds()


# ---- the envelope ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question", ["", "status=running", "search=project", "program=alpha&sort=-slug", "slug=nobody"]
)
def test_a_count_is_exact_where_it_is_asked_for(db, w, api, question):
    body = api(f"projects/?limit=2&count=exact&{question}").json()
    assert body["count"] == len(cast.every_row("project", question, limit=50))
    assert "count" not in api(f"projects/?limit=2&{question}").json()


def test_a_link_leads_to_the_next_page_with_everything_else_that_was_asked(db, w, api):
    answer, met = api("projects/?limit=2&fields=slug&sort=-slug&status=running&status=planned"), []
    while True:
        met += [row["slug"] for row in rows(answer)]
        if not answer.json()["next_cursor"]:
            break
        link = answer["Link"]
        assert link.startswith("<http://testserver/api/v1/projects/?") and link.endswith('>; rel="next"')
        answer = api(link.partition("/api/v1/")[2].partition(">")[0])
    assert met == sorted(met, reverse=True) and len(met) == api("projects/?count=exact").json()["count"]
    assert not answer.has_header("Link")


def test_shapes_do_not_bind_a_cursor(db, w, api):
    """What is shown of the rows, how many and whether they are counted may change on the way."""
    cursor = api("projects/?limit=2&sort=slug").json()["next_cursor"]
    assert rows(api(f"projects/?limit=3&sort=slug&fields=slug&flat=1&count=exact&money=minor&cursor={cursor}"))


def test_the_controls_of_lists_are_no_fields():
    for kind in kinds().values():
        assert not set(CONTROLS) & set(kind.all_fields)
        tables = [flat_names(kind), *(flat_names(there) for there in includes_of(kind).values() if there)]
        assert all(len(set(names)) == len(names) for names in tables)
        assert not [f for f in kind.all_fields.values() if f.type is Type.REF and f.target is None]
