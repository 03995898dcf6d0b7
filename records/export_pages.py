"""The buttons of a list that give it as a file."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from . import lists
from .base import Change
from .columns import Form
from .commands import Author
from .export_jobs import start_export
from .exports import As, Busy, Export, form_here, sent
from .kinds import kinds_by_plural
from .pages import OWN_PARAMETERS, refusal

OWN = (*OWN_PARAMETERS, "as", "bom")


@require_safe
def export_page(request, plural: str):
    """CSV, JSON or JSON Lines, while it is written. `bom` says whether a CSV begins with a byte order mark, by which Excel knows UTF-8."""
    try:
        as_ = As(request.GET.get("as", As.CSV))
    except ValueError:
        return refusal(request, [_("There is no such form of file.")])
    query = _read(request, plural)
    if not isinstance(query, lists.ListQuery):
        return query
    if as_ is As.XLSX:
        return refusal(request, [_("XLSX is made by a job: take it by the button of the list.")])
    form = form_here() if as_ is As.CSV else Form.RAW
    bom = request.GET.get("bom", "1" if form is Form.KO else "0") == "1"
    try:
        return sent(Export(query, form, request.known_at, query.shown), as_, bom=bom)
    except Busy as busy:
        response = render(request, "400.html", {"problems": [str(busy)]}, status=503)
        response["Retry-After"] = "60"
        return response


@login_required
@require_POST
def export_workbook(request, plural: str):
    """XLSX, made by a job. The question stands in the address, as in that of the list."""
    query = _read(request, plural)
    if not isinstance(query, lists.ListQuery):
        return query
    by = Author.of(request, Change.Door.PAGE, key=request.POST.get("key", "")[:200])
    return redirect("job", start_export(query, by=by, known_at=request.known_at).id)


def _read(request, plural: str):
    """The question, or the page that says what is wrong with it."""
    kind = kinds_by_plural().get(plural)
    if kind is None:
        raise Http404
    if refused := refusal(request):
        return refused
    try:
        return lists.read(kind, request.GET, request.reader, as_of=request.as_of, also=OWN)
    except lists.BadQuery as bad:
        return refusal(request, [problem.message for problem in bad.problems])
