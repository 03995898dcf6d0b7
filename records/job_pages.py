"""The pages of jobs: my jobs, one of them, and the buttons to cancel it or fetch its file."""

import mimetypes
import uuid

from django.contrib.auth.decorators import login_required
from django.db.models.functions import Now
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from . import jobs
from .base import Change
from .commands import Author
from .exports import Busy
from .jobs import Job
from .ranges import send_file
from .recomputing import start_recompute

PAGE = 50
LINES = 100  # of the log, the latest


@require_safe
@login_required
def job_list(request):
    """My jobs, the newest first; for an administrator everybody's, and the button for all figures anew."""
    found = Job.objects.visible_to(request.reader).order_by("-id")
    if before := request.GET.get("before", ""):
        found = found.filter(id__lt=_id(before))
    rows = list(found[: PAGE + 1])
    older = rows[PAGE - 1].id if len(rows) > PAGE else None
    context = {"jobs": rows[:PAGE], "older": older, "before": before, "key": uuid.uuid4()}
    return render(request, "records/jobs.html", context)


@require_safe
@login_required
@never_cache
def job_page(request, id):
    """How far it is, what it said, what came of it. While it is live a script draws it anew, or the page asks for itself."""
    job = _find(request, id)
    note_seen(job, request.reader)
    context = {"job": job, "lines": latest_lines(job), "most_lines": LINES}
    return render(request, "records/job.html", context)


@login_required
@require_POST
def job_cancel(request, id):
    job = jobs.cancel(_find(request, id))
    return redirect("job", job.id)


@require_safe
@login_required
@never_cache
def job_file(request, id):
    return file_of(request, _find(request, id))


@login_required
@require_POST
def recompute_figures(request):
    by = Author.of(request, Change.Door.PAGE, key=request.POST.get("key", "")[:200])
    return redirect("job", start_recompute(by=by).id)


# ---- what both doors need ------------------------------------------------------------------------------


def file_of(request, job: Job) -> HttpResponseBase:
    """The file that a job made, as an attachment, or what is missing of it."""
    if not job.file_name or not job.file.exists():
        raise Http404
    content_type = mimetypes.guess_type(job.file_name)[0] or "application/octet-stream"
    try:
        return send_file(request, job.file, tag=job.file.name, name=job.file_name, content_type=content_type)
    except Busy as busy:
        return HttpResponse(
            str(busy), status=503, headers={"Retry-After": "60"}, content_type="text/plain; charset=utf-8"
        )


def note_seen(job: Job, reader) -> None:
    """Its owner has seen how it ended: the top bar need not say it any more."""
    if not job.is_live and job.seen_at is None and job.owner_id == reader.user_id:
        Job.objects.filter(id=job.id).update(seen_at=Now())


def latest_lines(job: Job) -> list:
    return list(job.lines.order_by("-id")[:LINES])[::-1]


def _find(request, id) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.reader), id=id)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
