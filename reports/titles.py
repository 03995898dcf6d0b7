"""What an update is called: by whom, of what, for which period."""

from datetime import date, timedelta

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from .models import ProjectUpdate


def period_words(starts_on: date, ends_on: date) -> str:
    """“2026, first half”, “2026, 2nd quarter”, “2026”, “May 2026”; else from–to, in the reader's language."""
    months = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month + 1
    is_whole = starts_on.day == 1 and (ends_on + timedelta(days=1)).day == 1
    if is_whole and starts_on.year == ends_on.year:
        year, part = starts_on.year, (starts_on.month - 1) // months + 1
        if months == 12:
            return _("%d, the whole year") % year
        if months == 6 and starts_on.month in (1, 7):
            return (_("%d, first half") if part == 1 else _("%d, second half")) % year
        if months == 3 and starts_on.month in (1, 4, 7, 10):
            return _("%(year)d, quarter %(part)d") % {"year": year, "part": part}
    korean = (get_language() or "ko").startswith("ko")
    from_to = (f"{d.year}. {d.month}. {d.day}." if korean else d.isoformat() for d in (starts_on, ends_on))
    return " – ".join(from_to)


def title_of(update: ProjectUpdate, language: str = "") -> str:
    """“Progress report of KAIST on Beyond Neural Scaling Laws, 2026, first half”."""
    with override(language or get_language() or "ko"):
        words = {
            "institution": str(update.institution),
            "project": str(update.project),
            "period": period_words(update.period_starts_on, update.period_ends_on),
        }
        return (_("Progress report of %(institution)s on “%(project)s”, %(period)s") % words)[:500]
