"""Is it well? `/healthz` the process, `/readyz` the database, `/statusz` every part.

In a container: `python -m config.probe` (config/probe.py).
"""

from datetime import UTC, datetime, timedelta

import redis
from django.conf import settings
from django.db import connection
from django.http import JsonResponse

from records.figures import Heartbeat, oldest_mark

HEARTBEAT_WITHIN = timedelta(seconds=60)
MARK_WITHIN = timedelta(seconds=60)


def healthz(request):
    return JsonResponse({"status": "ok"})


def readyz(request):
    problem = _database()
    return JsonResponse(
        {"status": "ok" if not problem else "down", "database": problem or "ok"},
        status=503 if problem else 200,
    )


def statusz(request):
    """200 only when database and broker answer, a heartbeat went through the queue within 60 s, and no mark waits longer."""
    parts = {"database": _database() or "ok", "broker": _broker() or "ok"}
    facts = {"heartbeat_at": None, "oldest_stale_mark_at": None}
    if parts["database"] == "ok":
        now = datetime.now(UTC)
        beat = Heartbeat.objects.filter(name="queue").values_list("at", flat=True).first()
        mark = oldest_mark()
        facts = {"heartbeat_at": beat, "oldest_stale_mark_at": mark}
        parts["worker"] = "ok" if beat and now - beat < HEARTBEAT_WITHIN else "no heartbeat within 60 s"
        parts["figures"] = "ok" if mark is None or now - mark < MARK_WITHIN else "a change waits for more than 60 s"
    is_well = all(state == "ok" for state in parts.values()) and "worker" in parts
    return JsonResponse({"status": "ok" if is_well else "degraded", **parts, **facts}, status=200 if is_well else 503)


PROBES = {"/healthz": healthz, "/readyz": readyz, "/statusz": statusz}


def probes(get_response):
    """Answered before anything else: whoever probes knows neither our host name nor HTTPS, and is not logged."""

    def middleware(request):
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else get_response(request)

    return middleware


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as problem:
        return type(problem).__name__
    return ""


def _broker() -> str:
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
        client.ping()
        client.close()
    except redis.RedisError as problem:
        return type(problem).__name__
    return ""
