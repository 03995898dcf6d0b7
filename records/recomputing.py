"""All figures anew, as a job: for administrators, when somebody doubts the stored ones."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import jobs
from .commands import Author
from .figures import figures, recompute_whole
from .jobs import Job, Outcome, Run, Work
from .refusals import NotAllowed


def start_recompute(*, by: Author) -> Job:
    """Ask for it. Administrators only."""
    if not by.reader.is_administrator:
        raise NotAllowed(_("Only an administrator may have all figures worked out anew."))
    return jobs.start(RECOMPUTE_FIGURES.name, by=by)


def recompute(run: Run) -> Outcome:
    """Every figure from the facts, one after the other."""
    todo = list(figures().values())
    for n, figure in enumerate(todo):
        run.progress(n, len(todo))
        run.log(_("Working out “%s”.") % (figure.label or figure.name))
        recompute_whole(figure)
    run.progress(len(todo), len(todo))
    return Outcome(_("Every figure was worked out anew from the facts."))


RECOMPUTE_FIGURES = Work(
    "recompute_figures", gettext_lazy("all figures anew"), recompute, units=gettext_lazy("figures")
)
