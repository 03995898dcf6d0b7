"""Where published packages are found: a page in both languages, an index for machines, and the files under their day."""

from datetime import date

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from ..exports import Busy
from ..kinds import kinds_by_plural
from ..lists import Count
from ..ranges import send_file
from .folders import DESCRIPTOR, Published, all_published, published_on

LATEST = "latest"


@require_safe
def data_page(request):
    """The days, the latest with its files."""
    days = all_published()
    latest = days[0] if days else None
    context = {
        "latest": latest,
        "files": [_file(one) for one in latest.resources] if latest else [],
        "earlier": days[1:],
    }
    return render(request, "records/data.html", context)


def _file(resource: dict) -> dict:
    """A file of the package, called as its list is called here."""
    kind = kinds_by_plural().get(resource["name"])
    return resource | {
        "label": kind.label_many if kind else resource["title"],
        "sha256": resource["hash"].removeprefix("sha256:"),
        "rows_said": str(Count(resource["rowCount"])),
    }


@require_safe
def data_index(request):
    """The same for machines, the latest first."""
    days = [
        {
            "day": str(one.day),
            "url": f"/data/{one.day}/{DESCRIPTOR}",
            "sha256": one.sha256,
            "created": one.descriptor["created"],
            "rows": one.rows,
            "bytes": one.bytes,
        }
        for one in all_published()
    ]
    return _briefly(JsonResponse({"latest": f"/data/{LATEST}/{DESCRIPTOR}" if days else None, "days": days}))


@require_safe
def data_file(request, day: str, name: str = DESCRIPTOR):
    """`/data/2026-11-22/projects.csv.gz`. `latest` leads to the latest day, whose address stays."""
    if day == LATEST:
        days = all_published()
        if not days or days[0].file(name) is None:
            raise Http404
        return _briefly(redirect("data_file", str(days[0].day), name))
    found = _published(day)
    file = found and found.file(name)
    if not file:
        raise Http404
    path, digest, content_type = file
    try:
        return send_file(request, path, tag=digest, digest=digest, content_type=content_type)
    except FileNotFoundError:  # taken away this moment
        raise Http404 from None
    except Busy as busy:
        return HttpResponse(
            str(busy), status=503, headers={"Retry-After": "60"}, content_type="text/plain; charset=utf-8"
        )


def _published(day: str) -> Published | None:
    try:
        return published_on(date.fromisoformat(day)) if len(day) == 10 else None
    except ValueError:
        return None


def _briefly(response):
    patch_cache_control(response, public=True, max_age=60)
    return response
