"""The contradictions of the sample's own documents: all are there, and the major ones are decided as an officer would."""

import pytest

from records.differing import differences
from records.kinds import kinds
from records.models import Disagreement
from records.understood import as_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sample", "english")]


def test_every_major_disagreement_is_decided_with_its_reason_in_both_languages():
    major = Disagreement.objects.filter(severity="major")
    assert major.count() == 8
    for one in major:
        assert (one.state, bool(one.adopted), bool(one.reason_ko), bool(one.reason_en)) == (
            "decided",
            True,
            True,
            True,
        ), one
        assert one.decided_by and one.decided_on, one


def test_the_records_hold_what_was_adopted():
    """Where the attribute is a field; two people of one name are told apart, not named anew."""
    checked = 0
    for one in Disagreement.objects.filter(state="decided").exclude(kind="homonym").exclude(adopted=""):
        kind = kinds()[one.record.kind]
        if one.attribute in kind.fields and one.attribute not in LOOSELY:
            assert as_text(kind, kind.model.objects.get(id=one.record_id), one.attribute) == one.adopted, one.topic_en
            checked += 1
    assert checked > 15


# Adopted in words of another kind than the field's: a kind of payer for a payer, an area with its unit.
LOOSELY = ("payer", "floor_area")


def test_workers_find_no_other_contradiction_than_those_that_were_decided():
    assert list(differences()) == []
    assert not Disagreement.objects.filter(origin="found").exists()
