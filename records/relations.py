"""Relations: one record has to do with another, beside the one that it lies under."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Record, RecordBase
from .rights import Visibility


class Relation(RecordBase):
    """관련. A record belongs to a second program, rests on an agreement, follows another, comes out of one."""

    class Kind(models.TextChoices):
        BELONGS_TO = "belongs_to", _("belongs to")
        RESTS_ON = "rests_on", _("rests on")
        RESULT_OF = "result_of", _("comes out of")
        FOLLOWS = "follows", _("follows")
        ABOUT = "about", _("is about")

    record = models.ForeignKey(Record, models.PROTECT, related_name="relations", verbose_name=_("record"))
    kind = models.CharField(_("relation"), max_length=16, choices=Kind)
    other = models.ForeignKey(Record, models.PROTECT, related_name="related", verbose_name=_("other record"))

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        constraints = [
            models.UniqueConstraint(
                fields=["record", "kind", "other"],
                condition=models.Q(is_retired=False),
                name="relation_once",
                violation_error_message=_("These two records are related so already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(record=models.F("other")),
                name="relation_to_another",
                violation_error_message=_("A record is not related to itself."),
            ),
        ]

    def __str__(self):
        return str(self.get_kind_display())


def related_to(others, reader):
    """Ids of the records that belong also to one of these."""
    rows = Relation.objects.visible_to(reader).filter(kind=Relation.Kind.BELONGS_TO, other__in=others)
    return rows.values("record")


def not_to_be_told(other, reader):
    """Ids of the records that belong to this one by a relation that the reader may not see; None where there are none such."""
    if reader.level >= Visibility.INTERNAL:
        return None
    there = Relation.objects.filter(kind=Relation.Kind.BELONGS_TO, other=other, is_retired=False)
    return there.exclude(id__in=Relation.objects.visible_to(reader).filter(other=other).values("id")).values("record")
