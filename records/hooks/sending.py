"""Sending: a message is claimed by one worker, tried, and noted; tried again by the schedule, then given up.

A worker that dies leaves its claim behind, which lapses; another one tries the message again. So a receiver has each at
least once, and knows by `webhook-id` what it has had already. While a message is tried its webhook gets no other, and
one owner's webhooks take two places of a worker at most: a receiver that is slow is slow for its owner alone.
"""

import logging
import queue
import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from ..rights import Reader
from ..webhooks import Attempt, Delivery, DeliveryState, HookState, Webhook, Why
from . import addresses, payload, posting, signing

log = logging.getLogger(__name__)

SCHEDULE = (  # the specification's example: nine more attempts over three days
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1  # of a wait, more or less
LONGEST_WAIT = timedelta(hours=24)  # that a receiver may ask for by Retry-After
HELD = timedelta(seconds=posting.SECONDS + 25)  # a claim; an attempt is over long before
AT_ONCE = 8  # attempts of one worker
OF_ONE_OWNER = 2
KEPT = timedelta(days=30)  # of deliveries and their attempts
GONE = 410

CLAIM = """
UPDATE records_delivery SET held_by = %(by)s, held_until = clock_timestamp() + %(held)s WHERE id = (
  SELECT d.id FROM records_delivery d JOIN records_webhook w ON w.id = d.webhook_id
  WHERE d.state = 'waiting' AND d.next_try_at <= clock_timestamp()
    AND (w.state = 'active' OR d.is_by_hand AND w.state <> 'ended')
    AND (d.held_until IS NULL OR d.held_until < clock_timestamp())
    AND NOT EXISTS (SELECT FROM records_delivery h WHERE h.webhook_id = d.webhook_id AND h.state = 'waiting'
                    AND h.held_until >= clock_timestamp())
    AND (SELECT count(*) FROM records_delivery h JOIN records_webhook o ON o.id = h.webhook_id
         WHERE h.state = 'waiting' AND h.held_until >= clock_timestamp() AND o.owner_id = w.owner_id) < %(of_one_owner)s
  ORDER BY d.next_try_at, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
) RETURNING id
"""


@dataclass(frozen=True)
class Letter:
    """A claimed message, ready to go: all that an attempt needs, so that it needs no database."""

    hook: UUID
    delivery: UUID
    held_by: UUID
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Result:
    milliseconds: int
    answer: posting.Answer | None = None
    problem: str = ""

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


# ---- one message ---------------------------------------------------------------------------------------


def claim() -> Letter | None:
    """The next message that is due, now held by us. One that has nothing to tell any more is dropped, and the next one looked at."""
    while True:
        by = uuid4()
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"by": by, "held": HELD, "of_one_owner": OF_ONE_OWNER})
            found = cursor.fetchone()
        if found is None:
            return None
        delivery = Delivery.objects.select_related("webhook").filter(id=found[0], held_by=by).first()
        if delivery and (letter := _open(delivery)):
            return letter


def _open(delivery: Delivery) -> Letter | None:
    hook, reader = delivery.webhook, reader_of(delivery.webhook.owner_id)
    if reader.user_id is None:
        end(hook.id, Why.OWNER)
        return None
    data = payload.data_of(delivery, reader)
    if data is None:
        Delivery.objects.filter(id=delivery.id, held_by=delivery.held_by).update(
            state=DeliveryState.DROPPED, next_try_at=None, held_until=None, held_by=None
        )
        return None
    body = payload.body_of(delivery, data)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "registry-webhooks/1",
        **signing.headers(hook, delivery.message_id, datetime.now(UTC), body),
    }
    return Letter(hook.id, delivery.id, delivery.held_by, hook.url, headers, body)


def reader_of(owner_id: int) -> Reader:
    """What the owner may see now."""
    return import_string(settings.READER_OF)(owner_id)


def attempt(letter: Letter) -> Result:
    """One request. Asks no database and raises nothing."""
    began = time.monotonic()
    answer, problem = None, ""
    try:
        answer = posting.post(addresses.read(letter.url), letter.headers, letter.body)
    except posting.Problem as told:
        problem = told.word
    except addresses.BadAddress:
        problem = "address"
    except Exception:
        log.exception("an attempt at a message failed in the program")
        problem = "fault"
    return Result(round((time.monotonic() - began) * 1000), answer, problem)


@transaction.atomic
def note(letter: Letter, result: Result) -> None:
    """Write down what came of it, and what follows. Where the claim has lapsed and another has the message, nothing."""
    list(Webhook.objects.select_for_update().filter(id=letter.hook))  # before its messages, as everybody does
    delivery = Delivery.objects.select_for_update().filter(id=letter.delivery, held_by=letter.held_by).first()
    if delivery is None:
        log.warning("message %s went to another worker meanwhile", letter.delivery)
        return
    Attempt.objects.create(
        delivery=delivery,
        status=result.status,
        problem=result.problem,
        milliseconds=result.milliseconds,
        answer=result.answer.text if result.answer else "",
    )
    delivery.tries += 1
    delivery.held_by = delivery.held_until = delivery.next_try_at = None
    if result.is_delivered:
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, Now()
    elif result.status == GONE:
        delivery.state = DeliveryState.FAILED
        end(delivery.webhook_id, Why.GONE)
    elif delivery.is_by_hand or delivery.tries > len(SCHEDULE):
        delivery.state = DeliveryState.FAILED
        if not delivery.is_by_hand:
            end(delivery.webhook_id, Why.FAILED)
    else:
        delivery.next_try_at = datetime.now(UTC) + wait_after(delivery.tries, result.answer)
    delivery.save()


def wait_after(tries: int, answer: posting.Answer | None = None) -> timedelta:
    """How long until the next attempt, after so many; longer where the receiver asks for it."""
    wait = SCHEDULE[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)
    return max(wait, min(_asked_wait(answer), LONGEST_WAIT))


def _asked_wait(answer: posting.Answer | None) -> timedelta:
    """Retry-After, in seconds or as a date (RFC 9110, 10.2.3); none where it says something else."""
    text = answer.retry_after.strip() if answer else ""
    if text.isascii() and text.isdigit() and len(text) < 8:
        return timedelta(seconds=int(text))
    try:
        return parsedate_to_datetime(text) - datetime.now(UTC)
    except (TypeError, ValueError):
        return timedelta()


@transaction.atomic
def end(hook_id: UUID, why: Why) -> None:
    """A webhook is told nothing more, and its owner is told that."""
    hook = Webhook.objects.select_for_update().filter(id=hook_id).exclude(state=HookState.ENDED).first()
    if hook is None:
        return
    hook.state, hook.why, hook.ended_at, hook.version = HookState.ENDED, why, Now(), hook.version + 1
    hook.save(update_fields=["state", "why", "ended_at", "version"])
    waiting = Delivery.objects.filter(webhook=hook, state=DeliveryState.WAITING)
    waiting.update(state=DeliveryState.FAILED, next_try_at=None)
    if why != Why.OWNER:
        import_string(settings.WEBHOOK_ENDED)(hook.owner_id, hook)


def forget_old() -> None:
    """What came of messages is kept for 30 days."""
    old = Delivery.objects.filter(at__lt=Now() - KEPT).exclude(state=DeliveryState.WAITING)
    Delivery.objects.filter(id__in=list(old.values_list("id", flat=True)[:10_000])).delete()


# ---- a worker's part -----------------------------------------------------------------------------------


class Sender:
    """Some threads make requests; whoever calls `step` claims messages for them and notes what came back."""

    def __init__(self, at_once: int = AT_ONCE):
        self.free = self.threads = at_once
        self.letters: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        self.results: queue.SimpleQueue[tuple[Letter, Result]] = queue.SimpleQueue()
        for n in range(at_once):
            threading.Thread(target=self._work, name=f"hook-{n}", daemon=True).start()

    def _work(self) -> None:
        while letter := self.letters.get():
            self.results.put((letter, attempt(letter)))

    def step(self, wait: float) -> int:
        """Claim what is due, as far as there are free threads; note what came back, waiting for it so many seconds. How many."""
        while self.free and (letter := claim()):
            self.free -= 1
            self.letters.put(letter)
        noted = 0
        try:
            done = self.results.get(timeout=wait)
            while True:
                self.free += 1
                noted += 1
                note(*done)
                done = self.results.get_nowait()
        except queue.Empty:
            return noted

    def stop(self) -> None:
        """Its threads end when they have no request under way."""
        for _n in range(self.threads):
            self.letters.put(None)
