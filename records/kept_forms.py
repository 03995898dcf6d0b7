"""What was typed outlives being logged out: it waits in the session until the same person is back.

A form says, signed, whose it is. Without that nothing is kept, so that nobody can fill our sessions or lay a form before
somebody else. Files are not kept.
"""

import time

from django.core import signing
from django.http import HttpRequest, QueryDict
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode
from django.views.csrf import csrf_failure as plain_csrf_failure

SALT = "records.kept_forms"
PAGES = {"new", "edit", "update_edit"}  # names of the addresses whose forms are kept
OLDEST = 7 * 24 * 3600  # seconds
LARGEST, MOST = 200_000, 5  # characters of one form; forms of one session
OWNER, KEY, PLACE = "change-owner", "change-key", "kept_forms"


def owner(request: HttpRequest, key: str) -> str:
    """The signed word of whose form this is."""
    return signing.dumps([request.user.pk, key], salt=SALT)


def is_of(typed: QueryDict, user_id: int | None = None) -> int | None:
    """The id of the account whose form this is; None where it does not say so truly, or not of `user_id`."""
    try:
        pk, key = signing.loads(typed.get(OWNER, ""), salt=SALT, max_age=OLDEST)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return pk if key == typed.get(KEY) and user_id in (None, pk) else None


def keep(request: HttpRequest) -> str:
    """Keep what was sent; the address at which it waits. "" where it is not to be kept."""
    typed, whose = request.POST, is_of(request.POST)
    text = typed.urlencode()
    if whose is None or len(text) > LARGEST:
        return ""
    kept = request.session.get(PLACE, {})
    kept[typed[KEY]] = {"owner": whose, "path": request.path, "typed": text, "at": time.time()}
    newest = sorted(kept.items(), key=lambda item: item[1]["at"])[-MOST:]
    request.session[PLACE] = dict(newest)
    return f"{request.path}?{urlencode({'kept': typed[KEY]})}"


def take(request: HttpRequest) -> QueryDict | None:
    """What waits for this person under this address; it stays until it is saved."""
    found = request.session.get(PLACE, {}).get(request.GET.get("kept", ""))
    if not found or found["path"] != request.path or found["owner"] != request.user.pk:
        return None
    return QueryDict(found["typed"], mutable=True)


def forget(request: HttpRequest, key: str) -> None:
    """It was saved."""
    kept = request.session.get(PLACE, {})
    if kept.pop(key, None):
        request.session[PLACE] = kept


def log_in_first(request: HttpRequest):
    """To the login, and from there to the form as it was."""
    back = (request.method == "POST" and keep(request)) or request.get_full_path()
    return redirect(f"{reverse('login')}?{urlencode({'next': back})}")


def csrf_failure(request: HttpRequest, reason: str = ""):
    """Django's CSRF_FAILURE_VIEW. Who logged in anew elsewhere has another token: the form comes back as it was typed."""
    try:
        page = resolve(request.path_info).url_name
    except Resolver404:
        page = ""
    if page not in PAGES:
        return plain_csrf_failure(request, reason=reason)
    back = keep(request)
    if not back:
        return plain_csrf_failure(request, reason=reason)
    return redirect(back)
