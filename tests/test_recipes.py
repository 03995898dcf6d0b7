"""The recipes of docs/ are the text that runs: what stands there is asked of a server, and pandas' is run as it stands."""

import re
import shlex
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import requests
from django.conf import settings
from django.core.management import call_command

from funding.rollups import totals
from labs.models import Institution
from programs.models import Project
from records.figures import clear_stale_marks
from records.rights import ANYONE
from tests import cast
from tests.cast import INTERNAL
from tests.test_changes import edit

DOCS = Path(settings.BASE_DIR) / "docs"
RECIPES = (DOCS / "recipes.md").read_text()
HOME = "https://registry.example.org"
WRITES = {"POST", "PATCH", "DELETE", "-d", "-F", "--json"}
QUOTED = re.compile(r'"([^"]*)"')


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", RECIPES, re.S)


def commands(page: str) -> list[str]:
    """The questions to the API that a page of docs asks with curl, in order.

    Left out: what writes, files of a night, and what needs a value of one's own (`…`); these have tests of their own.
    """
    text = re.sub(r"\\\n\s+", "", (DOCS / page).read_text())
    lines = [line.strip() for line in text.splitlines() if line.startswith("    curl ")]
    asked = {line: shlex.split(line, comments=True) for line in lines}
    return [
        line
        for line, words in asked.items()
        if not WRITES & set(words) and f"{HOME}/data/" not in line and "…" not in line
    ]


@pytest.fixture
def site(transactional_db, live_server):
    """A server with the sample registry in it, and its address."""
    call_command("load_registry", settings.BASE_DIR / "data" / "registry", verbosity=0)
    clear_stale_marks()
    return live_server.url


# ---- pandas ------------------------------------------------------------------------------------------------


@pytest.fixture
def pandas(site):
    """What the text defines, and what it makes when it is run."""
    names: dict = {}
    for block in blocks("python"):
        exec(compile(block.replace(HOME, site), "docs/recipes.md", "exec"), names)
    yield names
    names["registry"].session.close()


def test_the_recipe_for_pandas_reads_whole_lists_and_sums(pandas):
    projects, people, money = pandas["projects"], pandas["people"], pandas["money"]
    assert len(projects) == Project.objects.visible_to(ANYONE).count() == pandas["by_program"].sum()
    assert {"title_ko", "title_en", "program", "program_label", "status_label", "starts_on"} <= set(projects)
    assert list(people["id"]) and people["name_ko"].str.len().gt(0).any()
    said = totals(ANYONE, group_by=["fiscal_year", "payer_kind"])
    assert money["planned"].sum() == sum(row["planned"] or 0 for row in said) > 0
    assert pandas["won"].to_numpy().size


def test_the_recipe_for_pandas_follows_pages_and_does_not_fetch_twice_what_did_not_change(pandas, monkeypatch):
    registry, answers = pandas["registry"], []
    send = registry.session.send
    monkeypatch.setattr(registry.session, "send", lambda *a, **k: answers.append(send(*a, **k)) or answers[-1])
    first = registry.table("institutions", limit=7)
    assert first["id"].is_unique and len(first) == len(registry.rows("institutions"))
    pages = -(-len(first) // 7)
    answers.clear()
    assert registry.table("institutions", limit=7).equals(first)
    assert [answer.status_code for answer in answers] == [304] * pages
    cast.institution("new-one", name_en="A new one")
    assert "A new one" in set(registry.table("institutions", limit=7)["name_en"])


def test_a_copy_that_follows_the_change_feed_holds_what_a_fresh_one_holds(pandas):
    registry, copy, since = pandas["registry"], pandas["copy"], pandas["since"]
    before, new = min(copy), cast.institution("new-one", name_en="A new one")
    edit(Institution.objects.get(id=before), name_en="Another name")
    Institution.objects.filter(id=cast.institution("gone-again").id).update(is_retired=True)
    since = registry.follow("institutions", copy, since)
    assert (copy[str(new.id)]["name_en"], copy[before]["name_en"]) == ("A new one", "Another name")
    assert copy == registry.copy("institutions")[0]
    Institution.objects.filter(id=new.id).update(visibility=INTERNAL)
    registry.follow("institutions", copy, since)
    assert str(new.id) not in copy and copy == registry.copy("institutions")[0]


def test_the_recipe_for_pandas_says_what_is_wrong_and_waits_when_it_is_told_to(pandas, monkeypatch):
    with pytest.raises(ValueError, match="statu"):
        pandas["registry"].table("projects", statu="running")
    busy, waited, session = requests.Response(), [], pandas["registry"].session
    busy.status_code, busy.headers["Retry-After"] = 429, "3"
    first, get = [busy], session.get
    monkeypatch.setattr(session, "get", lambda *a, **k: first.pop() if first else get(*a, **k))
    monkeypatch.setattr(pandas["time"], "sleep", waited.append)
    assert isinstance(pandas["registry"].table("programs"), pd.DataFrame) and waited == [3]


# ---- Excel and Power BI ----------------------------------------------------------------------------------


def record_of(text: str) -> dict[str, str]:
    """The texts in `[a = "x", b = "y"]` of M."""
    return dict(re.findall(r'(\w+) = "([^"]*)"', text))


def questions() -> list[tuple[str, dict]]:
    """(path, parameters) of everything that the M of the recipes asks."""
    found = []
    for block in blocks("m"):
        path, query = re.search(r'RelativePath = "([^"]*)"', block), re.search(r"(?:Query|Asked) = (\[[^\]]*\])", block)
        if path:
            found.append((path[1], record_of(query[1])))
        if call := re.search(r'Registry\("([^"]*)", \[(.*?)\]\)', block, re.S):
            asked = record_of(call[2]) | dict.fromkeys(re.findall(r"(\w+) = AsAsked", call[2]), "2026-01-01T00:00:00Z")
            found.append((f"{call[1]}/", record_of(re.search(r"Always = (\[.*\])", RECIPES)[1]) | asked))
    return found


def test_every_question_in_m_is_answered_with_the_fields_that_it_expects(site):
    asked = questions()
    assert [path for path, _query in asked] == ["projects/"] * 3 + ["funding-lines/", "rollups/", "ledger-entries/"]
    for path, query in asked:
        answer = requests.get(f"{site}/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        if query.get("format") == "csv":
            assert answer.headers["Content-Type"].startswith("text/csv")
            continue
        assert {"results", "next_cursor"} <= set(answer.json())
        shown = set().union(*answer.json()["results"])
        if answer.json()["results"]:
            assert all(
                {name, f"{name}_ko"} & shown for name in query.get("fields", "id").split(",") if "fields" in query
            )
            assert set(query.get("group_by", "").split(",")) - {""} <= shown


def test_paging_in_m_reaches_every_row(site):
    """What the function does, with its own words: the cursor as a parameter until there is none."""
    (function,) = (block for block in blocks("m") if block.startswith("(plural as text"))
    always = record_of(re.search(r"Always = (\[.*\])", function)[1]) | {"limit": "7"}
    assert (
        "page[next_cursor] = null then null else Page(page[next_cursor])" in function
        and "[cursor = cursor]" in function
    )
    rows, cursor = [], None
    while True:
        page = requests.get(f"{site}/api/v1/projects/", params=always | ({"cursor": cursor} if cursor else {})).json()
        rows += page["results"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert len({row["id"] for row in rows}) == len(rows) == Project.objects.visible_to(ANYONE).count()


@pytest.mark.parametrize("block", blocks("m"))
def test_m_is_well_formed_as_far_as_brackets_go(block):
    text, open_ones = QUOTED.sub("", block), []
    for sign in re.findall(r"[\[\](){}]", text):
        if sign in "[({":
            open_ones.append(sign)
        else:
            assert f"{open_ones.pop()}{sign}" in ("[]", "()", "{}")
    assert open_ones == [] and len(re.findall(r"\blet\b", text)) == len(re.findall(r"\bin\b", text))


# ---- curl ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["recipes.md", "api.md"])
def test_every_question_with_curl_is_answered(site, page, tmp_path):
    asked = commands(page)
    assert asked
    for line in asked:
        line = line.replace(HOME, site).replace("curl ", "curl --fail-with-body --max-time 60 ", 1)
        settings_of_it = f'R={site}/api/v1; H="Accept-Language: en"; '
        done = subprocess.run(["bash", "-c", settings_of_it + line], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
