"""A file that is written while others write: each row once, as it was when the file began."""

import csv
import io
import json
import threading
from urllib.parse import quote

import pytest
from django.db import connections
from django.http import QueryDict
from django.utils import timezone

from records import everything_api, exports, lists
from records.columns import Form
from records.exports import Export
from records.kinds import kinds
from records.lists import ListQuery
from records.published import making
from records.rights import EVERYTHING
from tests import cast


@pytest.mark.django_db(transaction=True)
def test_each_row_is_there_once_whatever_is_written_meanwhile(monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 5)
    world = cast.small_world()
    for n in range(60):
        cast.project(world.alpha, f"row-{n:02}", title_en=f"Title {n:02}", number="before")
    query = lists.read(kinds()["project"], QueryDict("columns=slug,number&sort=title"), EVERYTHING)
    wanted = [str(row.id) for row in query.in_order()]

    def disturb(n: int) -> None:
        """Somebody else: moves a row that was written behind, one that was not ahead, adds one, retires one."""
        try:
            of = kinds()["project"].model.objects
            of.filter(slug=f"row-{n:02}").update(title_en="Zz", number="after")
            of.filter(slug=f"row-{59 - n:02}").update(title_en="Aa", number="after")
            of.filter(slug=f"row-{30 + n:02}").update(is_retired=True)
            cast.project(world.alpha, f"new-{n}")
        finally:
            connections.close_all()

    found = []
    for n, piece in enumerate(Export(query, Form.RAW).csv(bom=False)):
        found += [piece.decode()]
        if n in (1, 3, 5, 7):
            other = threading.Thread(target=disturb, args=(n,))
            other.start()
            other.join()
    lines = list(csv.reader(io.StringIO("".join(found), newline="")))[1:]
    assert [line[0] for line in lines] == wanted
    assert "after" not in {line[3] for line in lines}


@pytest.mark.django_db(transaction=True)
def test_a_file_of_the_past_says_what_the_registry_said_then(client):
    world = cast.small_world()
    then = timezone.now()
    world.one.title_en = "Renamed"
    world.one.save()
    cast.project(world.alpha, "later")
    asked = f"/en/projects/export/?columns=slug,title&sort=slug&known_at={quote(then.isoformat())}"
    for address in (asked, asked.replace("/en/projects/export/?columns", "/api/v1/projects/?format=csv&fields")):
        lines = list(csv.DictReader(io.StringIO(b"".join(client.get(address)).decode(), newline="")))
        titles = [line.get("Title (English)") or line["title_en"] for line in lines]
        assert titles == ["Project one", "Project three", "Project two"]
    now = b"".join(client.get("/en/projects/export/?columns=slug,title")).decode()
    assert "Renamed" in now and "later" in now


@pytest.mark.django_db(transaction=True)
def test_all_kinds_are_of_one_moment_whatever_is_written_meanwhile():
    world = cast.small_world()
    exports = [Export(ListQuery(kind, EVERYTHING, sort="id"), Form.RAW) for kind in kinds().values()]

    def disturb() -> None:
        """Somebody else: a program with a project, after the first was written and before the last is."""
        try:
            cast.project(cast.program("later"), "later")
        finally:
            connections.close_all()

    found = []
    for n, piece in enumerate(everything_api._lines(exports)):
        found.append(piece)
        if n == 0:
            other = threading.Thread(target=disturb)
            other.start()
            other.join()
    slugs = {json.loads(line).get("record", {}).get("slug") for line in b"".join(found).splitlines()}
    assert {world.alpha.slug, world.one.slug} <= slugs and "later" not in slugs


@pytest.mark.django_db(transaction=True)
def test_the_change_feed_goes_on_where_a_package_and_a_stream_end(client, settings, tmp_path, monkeypatch):
    settings.PUBLISHED_DIR = tmp_path / "published"
    monkeypatch.setattr(making, "kinds", lambda: {name: kinds()[name] for name in ("program", "project")})
    world = cast.small_world()
    stream = client.get("/api/v1/everything/")
    assert b'{"end":' in b"".join(stream)
    positions = [making.publish()[0].descriptor["changePosition"], stream["Change-Position"]]
    later = cast.project(world.alpha, "later")
    for position in positions:
        told = client.get(f"/api/v1/changes/?since={position}").json()["results"]
        assert str(later.pk) in json.dumps(told) and str(world.one.pk) not in json.dumps(told)


@pytest.mark.django_db(transaction=True)
def test_a_package_goes_that_lists_what_is_no_longer_public(client, settings, tmp_path, monkeypatch):
    settings.PUBLISHED_DIR = tmp_path / "published"
    monkeypatch.setattr(making, "kinds", lambda: {name: kinds()[name] for name in ("program", "project")})
    world = cast.small_world()
    gone = cast.project(world.alpha, "gone")
    package, _is_new = making.publish()
    world.one.title_en = "Edited, and as public as before"
    world.one.save()
    gone.is_retired = True
    gone.save()
    assert making.publish() == (package, False)
    address, rows = f"/data/{package.day}/datapackage.json", package.rows
    before = client.head(address)["ETag"]
    world.three.visibility = cast.INTERNAL
    world.three.save()
    again, is_new = making.publish()
    assert is_new and again.rows == rows - 2 and client.head(address)["ETag"] != before
