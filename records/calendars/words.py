"""What a calendar calls a dated fact: `협약 만료`, `과제 시작`, `중간 목표 기한`."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from ..timelines.on_record import WORDS as FACTS
from .spans import Side

PERIOD, HELD = "period", "held"
WORDS = {  # by kind, fact and side, where a word of its own is used
    ("agreement", PERIOD, Side.ENDS): gettext_lazy("Agreement expires"),
    ("agreement", "signed", Side.WHOLE): gettext_lazy("Agreement signed"),
    ("participation", PERIOD, Side.BEGINS): gettext_lazy("Participation begins"),
    ("participation", PERIOD, Side.ENDS): gettext_lazy("Participation ends"),
    ("participation", PERIOD, Side.WHOLE): gettext_lazy("Participation"),
    ("obligation", "report_due", Side.WHOLE): gettext_lazy("Report due"),
}


def said_of(kind: str, fact: str, side: Side, called: str) -> str:
    """`called`: what the kind is called. '' for an event, which is called by its name alone."""
    own = WORDS.get((kind, fact, side))
    if own:
        return str(own)
    called = called[:1].upper() + called[1:]
    if side is Side.BEGINS:
        return _("%(kind)s begins") % {"kind": called}
    if side is Side.ENDS:
        return _("%(kind)s ends") % {"kind": called}
    if fact == HELD:
        return ""
    word = "" if fact == PERIOD else str(FACTS.get(fact, fact))
    return f"{called} {word}".strip()


def reported() -> str:
    """Of a report that is due no more."""
    return pgettext("what was due", "reported")
