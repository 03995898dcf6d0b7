"""What the page of a researcher has besides: where the person works, and on what."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.record_page import Fact, RecordPage
from records.showing import label_cell


def researcher_page(page: RecordPage) -> dict:
    """The strip of facts: affiliations, roles, ORCID."""
    facts = [_affiliations(page), _roles(page), page.fact("orcid")]
    return {"facts": [fact for fact in facts if fact.cells and not fact.cells[0].is_blank]}


def _affiliations(page: RecordPage) -> Fact:
    rows = [row for row in page.rows("affiliation") if row.institution_id in page.labels]
    notes = page.evidence.about([row.id for row in rows], "institution")
    labels = dict.fromkeys(page.labels[row.institution_id] for row in rows)
    titles = dict.fromkeys(str(row) for row in rows if str(row))
    cells = tuple(label_cell(label) for label in list(labels)[:3])
    return Fact(_("affiliation"), cells, " · ".join(titles), notes)


def _roles(page: RecordPage) -> Fact:
    """The roles that the person has, and in how many programs, projects and labs."""
    rows = [row for row in page.rows("role") if row.scope_id in page.labels]
    notes = page.evidence.about([row.id for row in rows], "scope", "part")
    places = list(dict.fromkeys(page.labels[row.scope_id] for row in rows))
    parts = " · ".join(dict.fromkeys(str(row.get_part_display()) for row in rows))
    more = len(places) - 2
    beneath = f"{parts} · {ngettext('%d more', '%d more', more) % more}" if more > 0 else parts
    return Fact(_("roles"), tuple(label_cell(label) for label in places[:2]), beneath, notes)
