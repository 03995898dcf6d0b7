"""Every record of the sample registry is found by what it is called."""

from django.db import connection

from people.models import Researcher
from records.everywhere import searched_kinds
from tests import cast
from tests.test_search_all import ids


def test_every_record_of_the_sample_is_found_by_its_own_names(sample, db):
    """In Korean and in English, with and without spaces."""
    officer = cast.user("officer")
    tried, missed = 0, []
    for kind in searched_kinds():
        for row in kind.model.objects.visible_to(cast.reader(officer)) if kind.is_named else ():
            names = {getattr(row, f"{kind.label_base}_{tongue}") for tongue in ("ko", "en")} - {""}
            for typed in names | {name.replace(" ", "") for name in names}:
                tried += 1
                if row.id not in ids(typed, kind.name, by=officer, limit=50):
                    missed.append((kind.name, typed))
    assert missed == [] and tried > 500


def test_every_korean_person_of_the_sample_is_found_romanised(sample, db):
    missed = []
    for person in Researcher.objects.exclude(name_ko=""):
        with connection.cursor() as cursor:
            cursor.execute("SELECT romanised(%s), romanised(%s)", [person.name_ko[:1], person.name_ko[1:]])
            family, given_name = cursor.fetchone()
        for typed in (f"{family} {given_name}", f"{given_name} {family}") if family and given_name else ():
            if person.id not in ids(typed, "researcher", limit=50):
                missed.append((person.name_ko, typed))
    assert missed == []
