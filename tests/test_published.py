"""The package of a night: what anyone may see and nothing else, whole or not at all, and everything in it can be checked."""

import csv
import gzip
import hashlib
import io
import json
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from records.kinds import kinds
from records.published import folders, making
from records.published.folders import all_published, prune, root
from records.published.making import publish
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    w = cast.small_world()
    w.made = {level: cast.one_of_each(w, level) for level in (PUBLIC, SHARED, INTERNAL)}
    cast.amount(w.line, 2026, 123456789012, committed=5)
    dollars = cast.line(w.alpha, currency="USD")
    cast.amount(dollars, 2026, 123456, committed=99)
    cast.project(w.alpha, "odd", title_en='a "quote"\r\n\u2028 = 1; 줄\n바꿈', number="1")
    hidden = cast.institution("hidden", visibility=INTERNAL)
    w.seen = cast.line(w.alpha, payer=hidden)
    w.hidden = hidden
    return w


@pytest.fixture(scope="module")
def one_folder(w, tmp_path_factory):
    """Where a package lies that most tests only look at."""
    from django.conf import settings

    before, settings.PUBLISHED_DIR = settings.PUBLISHED_DIR, tmp_path_factory.mktemp("published")
    publish()
    folder, settings.PUBLISHED_DIR = settings.PUBLISHED_DIR, before
    return folder


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.PUBLISHED_DIR = tmp_path / "published"


@pytest.fixture
def package(settings, one_folder):
    settings.PUBLISHED_DIR = one_folder
    return all_published()[0]


@pytest.fixture
def few(monkeypatch):
    """Kinds that are soon written, where it does not matter what."""
    names = ("program", "project", "institution", "participation", "funding_line")
    monkeypatch.setattr(making, "kinds", lambda: {name: kinds()[name] for name in names})


def table(package, kind) -> list[dict]:
    text = gzip.decompress((package.folder / f"{kind.plural}.csv.gz").read_bytes()).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def of(package, kind) -> dict:
    return next(one for one in package.resources if one["name"] == kind.plural)


# ---- what is in it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(kinds()))
def test_each_file_is_the_list_as_anyone_gets_it(w, package, client, name):
    kind = kinds()[name]
    asked = b"".join(client.get(f"/api/v1/{kind.plural}/?format=csv&sort=id"))
    assert gzip.decompress((package.folder / f"{kind.plural}.csv.gz").read_bytes()) == asked


@pytest.mark.parametrize("name", list(kinds()))
def test_counts_sizes_and_hashes_are_those_of_the_files(w, package, name):
    said = of(package, kinds()[name])
    data = (package.folder / said["path"]).read_bytes()
    assert (said["bytes"], said["hash"]) == (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")
    assert said["rowCount"] == len(table(package, kinds()[name]))


def test_sums_are_those_of_the_lists_and_totals_those_of_the_rollups(w, package, api):
    cast.work()
    for name in ("funding_line", "funding_amount", "ledger_entry"):
        kind, sums = kinds()[name], defaultdict(lambda: defaultdict(Decimal))
        for row in api(f"{kind.plural}/?limit=1000").json()["results"]:
            for column in of(package, kind)["sums"]:
                if row[column] is not None:
                    sums[column][row["currency"]] += Decimal(str(row[column]))
        wanted = {column: {of: making.number(n) for of, n in found.items()} for column, found in sums.items()}
        assert wanted == {column: found for column, found in of(package, kind)["sums"].items() if found}
    assert sums["amount"] and of(package, kinds()["funding_amount"])["sums"]["planned"]["USD"] == 1234.56
    rollups = api("rollups/").json()["results"]
    assert package.descriptor["totals"] == rollups and len(rollups) == 2


def test_hidden_records_leave_no_trace(w, package):
    everything = b"".join(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in package.folder.iterdir()
    ).decode()
    seen = {row["id"] for kind in kinds().values() for row in table(package, kind)}
    for level in (SHARED, INTERNAL):
        for row in w.made[level].values():
            assert str(row.pk) not in everything
    assert str(w.seen.pk) in seen and str(w.hidden.pk) not in everything
    fields = {field["name"] for one in package.resources for field in one["schema"]["fields"]}
    private = {name for kind in kinds().values() for name in kind.private}
    assert private and not private & fields


def test_a_hidden_record_changes_no_byte(w):
    package, _is_new = publish()
    before = {path.name: path.read_bytes() for path in package.folder.glob("*.gz")}
    cast.one_of_each(w, INTERNAL, tag="more")
    again, is_new = publish(anew=True)
    assert is_new and {path.name: path.read_bytes() for path in again.folder.glob("*.gz")} == before


# ---- what the descriptor says ------------------------------------------------------------------------------


def test_the_descriptor_is_a_data_package(w, package):
    """The rules of Data Package 2.0 that a validator holds it to."""
    about = json.loads((package.folder / "datapackage.json").read_bytes())
    assert about["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert re.fullmatch(r"[-a-z0-9._/]+", about["name"]) and about["version"] == str(timezone.localdate())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", about["created"]) and "licenses" not in about
    names = [one["name"] for one in about["resources"]]
    assert names == [kind.plural for kind in kinds().values()] and {path.name for path in package.folder.iterdir()} == {
        "datapackage.json", *(one["path"] for one in about["resources"])
    }  # fmt: skip
    for one in about["resources"]:
        schema, name = one["schema"], one["name"]
        assert one["type"] == "table" and one["title"] and one["title@ko"] and one["title"] != one["title@ko"], name
        assert one["description"] and one["encoding"] == "utf-8" and one["mediatype"] == "text/csv"
        fields = [field["name"] for field in schema["fields"]]
        assert len(set(fields)) == len(fields) and schema["primaryKey"] == ["id"]
        for key in schema.get("foreignKeys", ()):
            assert set(key["fields"]) <= set(fields) and key["reference"]["resource"] in ("", *names)
        for field in schema["fields"]:
            assert field["title"] and field["title@ko"]
            assert field["type"] in ("string", "number", "integer", "boolean", "array", "datetime")


@pytest.mark.parametrize("name", list(kinds()))
def test_each_cell_is_of_its_type_and_each_reference_leads_somewhere(w, package, name):
    rows, schema = table(package, kinds()[name]), of(package, kinds()[name])["schema"]
    assert rows and list(rows[0]) == [field["name"] for field in schema["fields"]]
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        for field in schema["fields"]:
            cell = row[field["name"]]
            assert cell or not field.get("constraints", {}).get("required")
            if cell:
                READ[field["type"], field.get("format")](cell)
                assert cell in field.get("constraints", {}).get("enum", [cell])
    for key in schema.get("foreignKeys", ()):
        target = next(
            kind for kind in kinds().values() if kind.plural == (key["reference"]["resource"] or kinds()[name].plural)
        )
        assert {row[key["fields"][0]] for row in rows} - {""} <= {row["id"] for row in table(package, target)}


def listed(cell: str) -> None:
    assert isinstance(json.loads(cell), list)


def boolean(cell: str) -> None:
    assert cell in ("true", "false")


READ = {
    ("string", None): str, ("string", "uuid"): UUID, ("number", None): Decimal, ("integer", None): int,
    ("boolean", None): boolean, ("array", None): listed, ("datetime", "any"): timezone.datetime.fromisoformat,
}  # fmt: skip


def test_a_key_is_declared_only_where_all_that_is_named_is_listed(w, few):
    kind = kinds()["participation"]

    def keys() -> list:
        return [key["fields"] for key in of(publish(anew=True)[0], kind)["schema"].get("foreignKeys", ())]

    assert ["institution"] in keys()
    gone = cast.institution("gone")
    cast.participation(gone, w.one)
    gone.is_retired = True
    gone.save()
    assert ["institution"] not in keys()


def test_the_licence_is_said_where_there_is_one(w, few, settings):
    settings.DATA_LICENCE = "CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/ Creative Commons Attribution 4.0"
    (licence,) = publish()[0].descriptor["licenses"]
    assert (licence["name"], licence["path"]) == ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/")
    assert licence["title"] == "Creative Commons Attribution 4.0"


# ---- one a day, whole or not at all ------------------------------------------------------------------------


def test_a_second_run_of_a_day_does_nothing_unless_told(w, few, capsys):
    package, is_new = publish()
    assert is_new and publish() == (package, False)
    rows = package.rows
    cast.project(w.alpha, "later")
    other, is_new = publish(anew=True)
    assert is_new and other.day == package.day and other.rows == rows + 1
    assert all_published() == [other] and not package.folder.exists()
    call_command("publish_data")
    assert "is there already" in capsys.readouterr().out


def test_who_dies_in_the_middle_leaves_nothing_and_the_next_one_succeeds(w, few, monkeypatch, client):
    write, written = making.write_csv, []

    def killed(export, path):
        if len(written) == 3:
            raise SystemExit  # no handler of ours runs after a kill either: all that is left is on the disk
        written.append(path)
        return write(export, path)

    monkeypatch.setattr(making, "write_csv", killed)
    with pytest.raises(SystemExit):
        publish()
    assert all(path.exists() for path in written) and all_published() == []
    assert client.get("/data/latest/").status_code == 404
    monkeypatch.setattr(making, "write_csv", write)
    package, is_new = publish()
    assert is_new and [path.name for path in root().iterdir()] == [package.folder.name]


def test_old_days_go_but_firsts_of_months_and_the_latest_stay(w, few):
    package, today = publish()[0], date(2026, 11, 22)
    for n in range(1, 100):
        (root() / f"{today - timedelta(days=n)}.1").mkdir()
    package.folder.rename(root() / f"{today}.1")
    prune(today)
    kept = [one.day for one in all_published()]
    assert kept[:30] == [today - timedelta(days=n) for n in range(30)]
    assert kept[30:] == [date(2026, 10, 1), date(2026, 9, 1)]
    prune(date(2030, 5, 5))
    assert [one.day for one in all_published()] == [today, date(2026, 11, 1), date(2026, 10, 1), date(2026, 9, 1)]


def test_a_day_can_be_withdrawn(w, few, client, capsys):
    package, _is_new = publish()
    call_command("publish_data", withdraw=str(package.day))
    assert all_published() == [] and client.get(f"/data/{package.day}/datapackage.json").status_code == 404
    for day in (str(package.day), "yesterday"):
        with pytest.raises(CommandError):
            call_command("publish_data", withdraw=day)


# ---- how it is fetched -------------------------------------------------------------------------------------


def test_files_come_under_their_day_and_latest_leads_there(w, package, client):
    for name in ("", "projects.csv.gz", "datapackage.json"):
        led = client.get(f"/data/latest/{name}")
        assert led.status_code == 302 and led.url == f"/data/{package.day}/{name or 'datapackage.json'}"
    answer = client.get(f"/data/{package.day}/projects.csv.gz")
    data = (package.folder / "projects.csv.gz").read_bytes()
    assert b"".join(answer) == data and answer["Content-Type"] == "application/gzip"
    assert answer["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"' and answer["Content-Length"] == str(len(data))
    for nowhere in ("unknown.csv.gz", "../x", "..%2f..%2fsecret_key", "projects.csv"):
        assert client.get(f"/data/{package.day}/{nowhere}").status_code == 404
    for nowhere in ("2020-01-01", "2026-13-01", "2026", "x", "20261122"):
        assert client.get(f"/data/{nowhere}/datapackage.json").status_code == 404
    assert client.post(f"/data/{package.day}/datapackage.json").status_code == 405


def test_a_download_goes_on_where_it_broke_off(w, package, client):
    address, data = f"/data/{package.day}/projects.csv.gz", (package.folder / "projects.csv.gz").read_bytes()

    def part(range: str, **headers):
        answer = client.get(address, headers={"range": range} | headers)
        return answer.status_code, b"".join(answer), answer.get("Content-Range")

    size, etag = len(data), client.head(address)["ETag"]
    assert part("bytes=0-9") == (206, data[:10], f"bytes 0-9/{size}")
    assert part("bytes=10-") == (206, data[10:], f"bytes 10-{size - 1}/{size}")
    assert part("bytes=-5") == (206, data[-5:], f"bytes {size - 5}-{size - 1}/{size}")
    assert part(f"bytes=5-{size + 100}") == (206, data[5:], f"bytes 5-{size - 1}/{size}")
    assert part("bytes=10-", **{"if-range": etag})[0] == 206
    assert part("bytes=10-", **{"if-range": '"another"'})[:2] == (200, data)
    assert part(f"bytes={size}-")[::2] == (416, f"bytes */{size}")
    for odd in ("bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=a-b"):
        assert part(odd)[:2] == (200, data)


def test_who_has_it_is_told_so(w, package, client):
    address = f"/data/{package.day}/datapackage.json"
    answer = client.get(address)
    assert json.loads(b"".join(answer))["version"] == str(package.day)
    for known in (answer["ETag"], "*", f'"x", W/{answer["ETag"]}'):
        again = client.get(address, headers={"if-none-match": known})
        assert again.status_code == 304 and not again.content
    head = client.head(address)
    assert head.status_code == 200 and not head.content and int(head["Content-Length"]) > 1000


def test_the_index_tells_machines_of_each_day(w, package, client):
    said = client.get("/data/index.json").json()
    (day,) = said["days"]
    data = b"".join(client.get(day["url"]))
    assert hashlib.sha256(data).hexdigest() == day["sha256"] and day["rows"] == package.rows
    assert client.get(said["latest"]).url == day["url"]


@pytest.mark.parametrize(("language", "title", "none"), [("ko", "데이터 내려받기", "아직 공개된 데이터가 없습니다."), ("en", "Data to download", "Nothing is published yet.")])  # fmt: skip
def test_the_page_lists_days_and_files_in_both_languages(w, few, client, language, title, none):
    assert none in client.get(f"/{language}/data/").text
    package, _is_new = publish()
    (root() / f"{package.day - timedelta(days=1)}.1").mkdir()
    for path in package.folder.iterdir():
        (root() / f"{package.day - timedelta(days=1)}.1" / path.name).write_bytes(path.read_bytes())
    page = client.get(f"/{language}/data/").text
    assert f"<h1>{title}</h1>" in page and none not in page
    for one in package.resources:
        assert f"/data/{package.day}/{one['path']}" in page and one["hash"].removeprefix("sha256:") in page
    assert f"/data/{package.day - timedelta(days=1)}/datapackage.json" in page
    assert f'href="/{language}/data/"' in client.get(f"/{language}/").text
    assert client.get("/data/", headers={"accept-language": language}).url == f"/{language}/data/"


def test_the_index_says_that_there_is_none(w, client):
    assert client.get("/data/index.json").json() == {"latest": None, "days": []}
    assert folders.all_published() == []
