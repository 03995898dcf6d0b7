"""Ids: opaque, never changing, made by the database (UUID version 7, RFC 9562)."""

from django.db.models import Func, UUIDField
from django.utils.deconstruct import deconstructible


@deconstructible
class NewId(Func):
    """`new_id()`: a UUIDv7, so that ids made one after the other lie side by side in an index."""

    function = "new_id"
    output_field = UUIDField()
    arity = 0
