"""How often one may ask the API: so many requests in a minute for each access token, signed-in account or network address.

    RateLimit-Policy: "token";q=3000;w=60        at most 3000 within a minute
    RateLimit: "token";r=2987;t=1                2987 more now; all 3000 again in a second
    429, Retry-After: 4                          nothing left: ask again in four seconds

(draft-ietf-httpapi-ratelimit-headers.) What is kept of each is one number in Valkey: until when its requests would last if
they came evenly. One script reads, decides and writes it at once, by the server's clock, so all processes count as one and
no window has an edge at which twice as much gets through. Without Valkey everybody is let through: counting protects the
registry, and must not be what stops it.

Each process takes some requests of an asker ahead where much is left, so that most of them cost no round trip.
"""

import contextlib
import ipaddress
import logging
import math
import threading
import time
from dataclasses import dataclass, replace
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from people.throttle import address_of

from .problems import refused

log = logging.getLogger(__name__)
COUNTED = ("/api/", "/calendars/")  # what programs ask for
WINDOW = 60  # seconds
PATIENCE = 1  # seconds for Valkey to answer
RESPITE = 5  # seconds in which it is not asked again, after it did not
AHEAD, SHARE = 20, 50  # requests that a process takes at once, and of what is left no more than one in so many
LEAST = (
    100_000  # microseconds in which what was taken ahead may be used; else as long as it takes to come back by itself
)
MOST_KEYS = 10_000
SCRIPT = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local each, most, many = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
many = math.min(many, math.floor((now + each * most - before) / each))
if many < 1 then return {0, 0, before + each - now - each * most, before - now} end
local filled = before + each * many
redis.call('SET', KEYS[1], string.format('%.0f', filled), 'PX', math.ceil((filled - now) / 1000))
return {many, math.floor((now + each * most - filled) / each), 0, filled - now}
"""


@dataclass(frozen=True)
class Limit:
    """`most` requests within `seconds`. `name`: as the headers call it."""

    name: str
    most: int
    seconds: int = WINDOW

    @property
    def policy(self) -> str:
        return f'"{self.name}";q={self.most};w={self.seconds}'


@dataclass(frozen=True)
class Taken:
    """One request of somebody: whether it may be answered, how many more may, and after how many seconds (1 at least) what is over."""

    limit: Limit
    is_allowed: bool = True
    left: int | None = None  # None: nobody could count
    retry_after: int = 0
    whole_after: int = 0

    @property
    def headers(self) -> dict[str, str]:
        said = {"RateLimit-Policy": self.limit.policy}
        if self.left is not None:
            said["RateLimit"] = f'"{self.limit.name}";r={self.left};t={self.retry_after or self.whole_after}'
        if not self.is_allowed:
            said["Retry-After"] = str(self.retry_after)
        return said


def take(key: str, limit: Limit) -> Taken:
    """Count one request under this key, unless it is refused. One round trip at most; safe from any thread and process.

    Who asks often and has much left is counted ahead, some requests at a time: a process never lets through what was not
    counted before, and what it does not use soon is lost to the asker until it has come back by itself.
    """
    if taken := _ahead.next(key, limit):
        return taken
    if time.monotonic() < _silent.until:
        return Taken(limit)
    each = limit.seconds * 1_000_000 // limit.most  # microseconds
    many = _ahead.how_many(key, limit)
    try:
        many, left, over, filled = _script()(keys=[f"registry:limit:{limit.name}:{key}"], args=[each, limit.most, many])
    except redis.RedisError:
        _silent.begin()
        return Taken(limit)
    if _silent.until:
        _silent.end()
    taken = Taken(limit, bool(many), left + many - 1 if many else 0, _seconds(over), _seconds(filled))
    _ahead.put(key, taken, many - 1, max(each * many, LEAST) / 1_000_000)
    return taken


class Ahead:
    """What this process has taken ahead, by key: the last request, how many more it may let through, and until when."""

    def __init__(self):
        self._of: dict[tuple[str, str], tuple[Taken, int, float]] = {}
        self._lock = threading.Lock()

    def next(self, key: str, limit: Limit) -> Taken | None:
        with self._lock:
            last, many, until = self._of.get((limit.name, key), (None, 0, 0.0))
            if many < 1 or last.limit != limit or time.monotonic() >= until:
                return None
            taken = replace(last, left=last.left - 1)
            self._of[limit.name, key] = taken, many - 1, until
            return taken

    def how_many(self, key: str, limit: Limit) -> int:
        """How many are taken at once: one, where nothing is known of this key."""
        last, _many, _until = self._of.get((limit.name, key), (None, 0, 0.0))
        return max(1, min(AHEAD, last.left // SHARE)) if last and last.limit == limit else 1

    def put(self, key: str, taken: Taken, many: int, seconds: float) -> None:
        with self._lock:
            if len(self._of) >= MOST_KEYS:
                self._of.clear()
            now = time.monotonic()
            last, before, until = self._of.get((taken.limit.name, key), (None, 0, 0.0))
            if last and last.limit == taken.limit and now < until:  # another thread has taken some too
                many += before
            self._of[taken.limit.name, key] = taken, many, now + seconds


_ahead = Ahead()


class Silence:
    """Whether Valkey answers nobody at present. The log says once that it began, and that it ended."""

    def __init__(self):
        self.until, self._lock = 0.0, threading.Lock()

    def begin(self) -> None:
        with self._lock:
            if not self.until:
                log.exception("requests are not counted: Valkey does not answer")
            self.until = time.monotonic() + RESPITE

    def end(self) -> None:
        with self._lock:
            if self.until:
                log.warning("requests are counted again")
            self.until = 0.0


_silent = Silence()


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / 1_000_000)


@cache
def _script():
    patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": None}
    client = redis.Redis.from_url(settings.REDIS_URL, max_connections=1000, **patience)  # one for each thread
    return client.register_script(SCRIPT)


# ---- whose request ---------------------------------------------------------------------------------------


def turn(request) -> Taken | None:
    """The request counted, once whoever asks for it. None: there is no limit. After `bearer` has read the token."""
    if not hasattr(request, "taken"):
        name, key = whose(request)
        most = settings.API_LIMITS[name]
        request.taken = take(key, Limit(name, most)) if most else None
    return request.taken


def whose(request) -> tuple[str, str]:
    """The limit that counts for this request, and the key under which."""
    token = getattr(request, "token", None)
    if token:
        return "token", str(token.pk)
    with contextlib.suppress(DatabaseError):  # while it is away, everybody is a stranger
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            return "account", str(request.user.pk)
    return "anonymous", salted_hmac("config.limits", _network(address_of(request)), algorithm="sha256").hexdigest()


def _network(address: str) -> str:
    """The address; of IPv6 the part of it that one household or office has."""
    try:
        is_six = ipaddress.ip_address(address).version == 6
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if is_six else address


# ---- the door --------------------------------------------------------------------------------------------


def told(get_response):
    """Each answer of the API says what is left. Stands outside; what `counted` does not see, as a wrong token, counts here."""

    def middleware(request):
        response = get_response(request)
        if not request.path_info.startswith(COUNTED):
            return response
        taken = turn(request)
        if taken is None:
            return response
        if not taken.is_allowed and response.status_code != 429:
            with translation.override(translation.get_language_from_request(request)):
                response = too_many(taken)
        for name, value in taken.headers.items():
            response[name] = value
        return response

    return middleware


def counted(get_response):
    """Refuses what is too much before it costs anything. After `bearer`."""

    def middleware(request):
        taken = turn(request) if request.path_info.startswith(COUNTED) else None
        return get_response(request) if taken is None or taken.is_allowed else too_many(taken)

    return middleware


def too_many(taken: Taken):
    said = _("These are more than %(most)d requests in %(seconds)d seconds. Ask again in %(wait)d seconds.") % {
        "most": taken.limit.most,
        "seconds": taken.limit.seconds,
        "wait": taken.retry_after,
    }
    return refused(429, "too_many_requests", said, taken.headers)
