"""Inside a page of the past every link to a record, a list or home keeps the moment."""

import re
from html import unescape

from django.test import Client

from tests.cast import sql

CARRIES_NONE = (
    "/changes/",
    "/history/",
    "/compare/",
    "/language/",
    "/login/",
    "/file/",
    "/password",
    "/new/",
    "/keys/",
    "/data/",
)


def inner_links(text: str) -> list[str]:
    main = text.partition("<body>")[2]
    links = [unescape(link) for link in re.findall(r'<a [^>]*href="(/ko/[^"]*)"', main)]
    return [link for link in links if not any(part in link for part in CARRIES_NONE)]


def test_every_link_inside_a_past_page_keeps_the_moment(sample, db):
    client = Client()
    then = sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")[0][0]
    moment = f"as_of=2025-10-28&known_at={then}"
    for address in (
        "",
        "projects/",
        "projects/?status=running",
        "programs/nairl/",
        "projects/gist-mit-robot-skin/",
        "institutions/kaist/",
        "funding-lines/",
    ):
        page = client.get(f"/ko/{address}{'&' if '?' in address else '?'}{moment}")
        assert page.status_code == 200, address
        links = inner_links(page.content.decode())
        assert len(links) > 10, address
        for link in links:
            assert "as_of=2025-10-28" in link and "known_at=" in link, (address, link)


def test_a_row_of_a_list_as_of_a_day_opens_as_of_that_day_beside_its_neighbours(sample, db):
    client = Client()
    listed = client.get("/ko/projects/?as_of=2025-10-28").content.decode()
    row = next(link for link in inner_links(listed) if "/ko/projects/" in link and "list=" in link)
    page = client.get(row)
    assert page.status_code == 200 and row.count("?") == 1
    beside = page.content.decode().partition('<nav class="beside"')[2].partition("</nav>")[0]
    links = [unescape(link) for link in re.findall(r'href="([^"]*)"', beside)]
    assert len(links) >= 2
    for link in links:
        assert "as_of=2025-10-28" in link and client.get(link).status_code == 200, link
