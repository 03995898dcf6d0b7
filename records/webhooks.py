"""Webhooks: an address that is told, by signed requests, that records changed. The tables; the room `hooks` does the work.

The owner is kept by id and name without a foreign key, as in Job. Secrets are not kept at all: `hooks/signing.py`.
"""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .ids import NewId
from .rights import Reader

LONGEST_URL = 2000
BOTH_SECRETS = timedelta(hours=24)  # after a rotation a message is signed with the secret of before as well


class HookState(models.TextChoices):
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")


class Why(models.TextChoices):
    """Why a webhook ended."""

    GONE = "gone", _("the receiver answered 410 Gone")
    FAILED = "failed", _("it could not be delivered for three days")
    OWNER = "owner", _("its owner's account is closed")
    STOPPED = "stopped", _("an administrator stopped it")


class WebhookQuerySet(models.QuerySet):
    def own(self, reader: Reader):
        return self.filter(owner_id=reader.user_id) if reader.user_id is not None else self.none()

    def visible_to(self, reader: Reader):
        """One's own; for administrators all."""
        return self if reader.is_administrator else self.own(reader)


class Webhook(models.Model):
    """웹훅. Where an owner's own system is told that records changed: only records that the owner may see on that day.

    `position` is how far in the feed of changes it has been told. What is asked for may be narrowed to kinds of records
    and to one program. `secret_number` counts the secrets: a rotation makes the next one.
    """

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    owner_id = models.BigIntegerField()
    owner_name = models.CharField(max_length=200)
    name = models.CharField(_("name"), max_length=200)
    url = models.CharField(_("address"), max_length=LONGEST_URL)
    kinds = ArrayField(models.CharField(max_length=32), verbose_name=_("kinds"), default=list, blank=True)
    program = models.UUIDField(_("program"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=HookState, default=HookState.ACTIVE)
    why = models.CharField(max_length=8, choices=Why, blank=True)
    ended_at = models.DateTimeField(null=True)
    position = models.TextField()
    looked_at = models.DateTimeField(db_default=Now())
    secret_number = models.IntegerField(default=1)
    rotated_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        indexes = [
            models.Index(fields=["owner_id", "id"], name="webhook_of_owner"),
            models.Index(fields=["looked_at"], name="webhook_active", condition=Q(state=HookState.ACTIVE)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=HookState.values),
                name="webhook_state",
                violation_error_message=_("A webhook has no such state."),
            ),
            models.CheckConstraint(
                condition=Q(state=HookState.ENDED, ended_at__isnull=False, why__in=Why.values)
                | Q(~Q(state=HookState.ENDED), ended_at=None, why=""),
                name="webhook_ended_says_why",
                violation_error_message=_("A webhook that ended says when and why, and no other does."),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state == HookState.ACTIVE


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")
    DROPPED = "dropped", _("not sent")  # nothing of what it told is the owner's to see any more


class Delivery(models.Model):
    """웹훅 전송. One message to one webhook. Its id is the message's: sent again, it has the same one.

    `changes` is what it tells as it was made (None: too many to list); what is sent of it is what its owner may see at that
    time. The worker that sends it holds it until `held_until`, by `held_by`; then another may try.
    """

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    event = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())
    since = models.TextField(blank=True)
    until = models.TextField(blank=True)
    changes = models.JSONField(null=True)
    state = models.CharField(_("state"), max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    tries = models.SmallIntegerField(default=0)  # of the schedule, which begins anew with each sending by hand
    is_by_hand = models.BooleanField(default=False)  # tried once: whoever asked for it looks what came of it
    next_try_at = models.DateTimeField(null=True, db_default=Now())
    held_by = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
            models.Index(fields=["next_try_at"], name="delivery_waiting", condition=Q(state=DeliveryState.WAITING)),
            models.Index(fields=["at"], name="delivery_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values),
                name="delivery_state",
                violation_error_message=_("A delivery has no such state."),
            ),
            # What waits to be told waits in the feed: one message at a time is on its way to a webhook.
            models.UniqueConstraint(
                fields=["webhook"],
                condition=Q(state=DeliveryState.WAITING, event="records.changed", is_by_hand=False),
                name="delivery_one_on_its_way",
                violation_error_message=_("Changes are on their way to this webhook already."),
            ),
        ]

    def __str__(self):
        return self.message_id

    @property
    def message_id(self) -> str:
        """`webhook-id`, by which a receiver knows what it has had already."""
        return f"msg_{self.id.hex}"


class Attempt(models.Model):
    """전송 시도. One request that was made, or could not be: what the receiver answered, or the problem in a word."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts", db_index=False)
    at = models.DateTimeField(db_default=Now())
    status = models.SmallIntegerField(null=True)
    problem = models.CharField(max_length=16, blank=True)
    milliseconds = models.IntegerField()
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "id"], name="attempt_of_delivery")]

    def __str__(self):
        return self.problem or str(self.status)
