"""The API acts once: a write that is sent again under its `Idempotency-Key` gets the first answer again.

    key missing where it is needed 400 → first one still at work 409 → key used for something else 422 → the first answer

A lock on the key, what is done and the answer that is kept stand in one transaction. So whoever dies on the way leaves
nothing behind, and a request that was refused leaves nothing either: corrected, it may be sent under the same key.
Pages know a second click by other means (submissions.py).
"""

import hashlib
import json
from collections.abc import Iterator

from django.core.exceptions import RequestDataTooBig
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.request import is_form_media_type

from .commands import again_after_deadlock
from .kept_answers import LONGEST, KeptAnswer

READING = ("GET", "HEAD", "OPTIONS")
KEY = "Idempotency-Key"
WORDING = ("lang", "format")  # parameters that change how an answer is said, not what is done
DONE = range(200, 300)


class Question:
    """What is asked under a key: who, where, about which version, with which body."""

    def __init__(self, request, key: str):
        self.actor_id, self.key = request.user.pk, key
        where = sorted((name, texts) for name, texts in request.query_params.lists() if name not in WORDING)
        said = [request.method, request.path, where, request.headers.get("If-Match", ""), *_body(request)]
        self.asked = _digest(json.dumps(said).encode())

    def hold(self) -> bool:
        """Whether this transaction is the only one about the key, until it ends."""
        number = hashlib.sha256(f"once {self.actor_id} {self.key}".encode()).digest()[:8]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(number, signed=True)])
            return cursor.fetchone()[0]

    def answered(self) -> KeptAnswer | None:
        return KeptAnswer.objects.filter(actor_id=self.actor_id, key=self.key).first()

    def keep(self, response) -> None:
        KeptAnswer.of(response, actor_id=self.actor_id, key=self.key, asked=self.asked).save(force_insert=True)


class ActsOnce:
    """For views of the API. `only_once` is called when it is known who asks, and before anything is done."""

    key_required = False  # whether a write without a key is refused
    question: Question | None = None  # to be kept with its answer

    def dispatch(self, request, *args, **kwargs):
        if request.method in READING or not key_of(request):
            return super().dispatch(request, *args, **kwargs)
        return self._dispatch_once(request, *args, **kwargs)

    @again_after_deadlock
    def _dispatch_once(self, request, *args, **kwargs):
        self.question = None
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code not in DONE:
                transaction.set_rollback(True)
            elif self.question:
                self.question.keep(response.render())
        return response

    def only_once(self, request) -> None:
        """Raises what is said instead of doing it, `Repeated` with the first answer among them."""
        if request.method in READING or self.action is None:
            return
        key = key_of(request)
        if not key:
            if self.key_required:
                raise KeyMissing
            return
        if len(key) > LONGEST:
            raise BadKey(_("The Idempotency-Key has at most %d characters.") % LONGEST)
        question = Question(request, key)
        if not question.hold():
            raise AtWork
        before = question.answered()
        if before and before.asked != question.asked:
            raise KeyUsed
        if before:
            raise Repeated(before)
        self.question = question

    def handle_exception(self, error):
        return error.answer.again() if isinstance(error, Repeated) else super().handle_exception(error)


def key_of(request) -> str:
    return request.headers.get(KEY, "").strip()


# ---- what is said instead ------------------------------------------------------------------------------


class Repeated(Exception):
    """It was done before; here is what was answered."""

    def __init__(self, answer: KeptAnswer):
        self.answer = answer


class BadKey(exceptions.APIException):
    status_code = 400
    default_code = "bad_key"
    header = KEY


class KeyMissing(BadKey):
    default_code = "key_missing"
    default_detail = gettext_lazy(
        "Send an Idempotency-Key: a text of your own for this one request, for example a UUID. Sent twice, it acts once."
    )


class AtWork(BadKey):
    status_code = 409
    default_code = "key_at_work"
    wait = 1  # seconds; the answer's Retry-After
    default_detail = gettext_lazy("A request with this Idempotency-Key is being carried out. Ask again in a second.")


class KeyUsed(BadKey):
    status_code = 422
    default_code = "key_used"
    default_detail = gettext_lazy(
        "This Idempotency-Key was used for another request within the last three days. Use a new one for each request."
    )


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("The body is too large. Send it in several requests, each with its own key.")


# ---- parts ---------------------------------------------------------------------------------------------


def _digest(*chunks: bytes) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _body(request) -> Iterator:
    """The bytes that were sent; of a form its parts, since each sending of it has another boundary between them."""
    if not is_form_media_type(request.content_type):
        try:
            yield _digest(request.body)
        except RequestDataTooBig:
            raise TooLarge from None
        return
    yield sorted((name, texts) for name, texts in request.POST.lists())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            yield [name, file.name, file.content_type, _digest(*file.chunks())]
            file.seek(0)
