"""An officer merges what was entered twice and takes it back, in both languages, with and without JavaScript."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from .looking import ROOT, complaints, expect_no_sideways_scrolling, follow, picture

MAKE_TWINS = """
from django.utils import translation
from labs.models import Affiliation, Institution
from people.models import Researcher
from records.duplicates import find_duplicates
from records.kinds import kinds
at = Institution.objects.get(slug='gist')
for name in ('ko', 'en'):
    for _twice in range(2):
        made = Researcher.objects.create(name_ko='김중복', name_en=f'Kim Jungbok {name}')
        Affiliation.objects.create(researcher=made, institution=at)
find_duplicates(kinds()['researcher'])
"""
WORDS = {
    "ko": ("병합 검토", "두 기록 병합", "두 기록을", "되돌리기", "이 변경 되돌리기", "되돌렸습니다", "서로 다른 기록", "서로 다른 기록으로 남기기", "서로 다른 기록으로 남겼습니다."),
    "en": ("Look at merging", "Merge the two", "The two are one now", "Undo", "Undo this change", "put back", "These are two", "Keep that they are two", "It is kept that these are two."),
}  # fmt: skip


@pytest.fixture(scope="module")
def twins(site):
    subprocess.run([sys.executable, "manage.py", "shell", "-c", MAKE_TWINS], cwd=ROOT, env=site.env, check=True)


@pytest.mark.parametrize("language, script, width", [("ko", True, 360), ("en", False, 1280)])
def test_a_suspected_pair_is_looked_at_merged_and_taken_apart_again(twins, signed_in, language, script, width):
    look, merge, merged, undo, undo_it, undone, two, keep, kept = WORDS[language]
    page = signed_in("duplicates/", language, script=script, width=width)
    pairs = page.locator(".pairs > li")
    expect(pairs.first).to_be_visible()
    _looks_right(page, f"duplicates-{language}", script)
    follow(page.get_by_role("link", name=look).first)
    expect(page.get_by_role("button", name=merge)).to_be_visible()
    _looks_right(page, f"merge-{language}", script)
    follow(page.get_by_role("button", name=merge))
    expect(page.get_by_role("status")).to_contain_text(merged)
    expect(page).to_have_url(re.compile(f"/{language}/researchers/"))
    follow(page.get_by_role("status").get_by_role("link", name=undo))
    follow(page.get_by_role("button", name=undo_it))
    expect(page.get_by_role("status")).to_contain_text(undone)
    page.goto(re.sub(r"/(ko|en)/.*", f"/{language}/duplicates/researchers/", page.url))
    before = pairs.count()
    pairs.first.get_by_text(two).first.click()
    pairs.first.locator("[name=reason]").fill("동명이인")
    follow(pairs.first.get_by_role("button", name=keep))
    expect(page.get_by_role("status")).to_contain_text(kept)
    expect(pairs).to_have_count(before - 1)


def _looks_right(page, name: str, has_script: bool) -> None:
    picture(page, name)
    expect_no_sideways_scrolling(page)
    assert not has_script or complaints(page) == []
