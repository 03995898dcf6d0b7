"""Views beside those of the kinds: all records by what they are called, timelines, and as of when figures are."""

from django.utils.translation import gettext_lazy as _

from ..figures import figures
from ..kinds import kinds
from ..labels import in_both
from ..timelines.on_record import WORDS
from .called import called, called_by_id, table
from .of_kinds import LABEL, OPEN, RECORD_ID, comment
from .shapes import LANGUAGES, Column, View, is_public, word

FACTS = WORDS | {"period": _("period")}
SHOWN = ("timelines", "rollups")  # figures that views show


def _kind_words(value: str, label) -> tuple[Column, ...]:
    words = {kind.name: kind.label_one for kind in kinds().values()}
    names = (Column(f"kind_{c}", word(words, value, c), comment(label, c)) for c in LANGUAGES)
    return (Column("kind", value, comment(label, "code")), *names)


def records() -> View:
    """Every record, so that what leads to “any record” can be joined to one table."""
    return View(
        "records",
        in_both(_("Every public record of any kind, with what it is called")),
        (
            Column("id", "r.id", comment(RECORD_ID)),
            *_kind_words("r.kind", _("kind of record")),
            *(Column(f"label_{c}", f"called.{c}", comment(LABEL, c)) for c in LANGUAGES),
            Column("version", "r.version", comment(_("version"))),
            Column("updated_at", "r.changed_at", comment(_("updated at"))),
        ),
        f"public.records_record r LEFT JOIN LATERAL {called_by_id('r.id', 'r.kind')} called ON true WHERE {is_public('r')}",
    )


def timeline_entries() -> View:
    program, within = kinds()["program"], _("program")
    seen = f"e.record_id = r.id AND {is_public('r')}"
    return View(
        "timeline_entries",
        in_both(_("Dated facts of public records, one row for each: when something began, was signed, is due")),
        (
            Column("record", "r.id", comment(RECORD_ID)),
            *_kind_words("e.kind", _("kind of record")),
            *(Column(f"label_{c}", f"called.{c}", comment(LABEL, c)) for c in LANGUAGES),
            Column("fact", "e.fact", comment(_("dated fact"), "code")),
            *(Column(f"fact_{c}", word(FACTS, "e.fact", c), comment(_("dated fact"), c)) for c in LANGUAGES),
            Column("program", "program.id", comment(within, "id")),
            *(Column(f"program_{c}", _of_program(program, c), comment(within, c)) for c in LANGUAGES),
            Column("starts_on", "e.starts_on", comment(_("starts"), "date")),
            Column("ends_on", "e.ends_on", comment(_("ends"), "date")),
            Column("first", f"nullif(e.first, date '{OPEN['first']}')", comment(_("starts"), "first")),
            Column("starts_last", f"nullif(e.starts_last, date '{OPEN['last']}')", comment(_("starts"), "last")),
            Column("ends_first", f"nullif(e.ends_first, date '{OPEN['first']}')", comment(_("ends"), "first")),
            Column("last", f"nullif(e.last, date '{OPEN['last']}')", comment(_("ends"), "last")),
            Column("is_planned", "e.is_planned", comment(_("only planned"))),
            Column("is_open", "e.is_open", comment(_("still awaited"))),
        ),
        f"public.records_timelineentry e JOIN public.records_record r ON {seen}\n"
        f"LEFT JOIN {table(program)} program ON program.id = r.within AND {is_public('program', with_retired=True)}\n"
        f"LEFT JOIN LATERAL {called_by_id('r.id', 'r.kind')} called ON true",
    )


def _of_program(program, language: str) -> str:
    return f"CASE WHEN program.id IS NOT NULL THEN {called(program, 'program', language)} END"


def freshness() -> View:
    names = {name: figures()[name].label for name in SHOWN}
    listed = ", ".join(f"'{name}'" for name in SHOWN)
    return View(
        "freshness",
        in_both(_("As of when the figures are that workers keep, and whether a change waits to be worked in")),
        (
            Column("figure", "c.figure", comment(_("figure"), "code")),
            *(Column(f"figure_{c}", word(names, "c.figure", c), comment(_("figure"), c)) for c in LANGUAGES),
            Column("computed_at", "c.at", comment(_("worked out at"))),
            Column(
                "is_stale",
                "EXISTS (SELECT FROM public.records_stalemark m WHERE m.figure = c.figure)",
                comment(_("a change waits to be worked in")),
            ),
        ),
        f"public.records_computedat c WHERE c.figure IN ({listed})",
    )
