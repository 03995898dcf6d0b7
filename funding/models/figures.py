from django.db import models

from .lines import FundingLine, PayerKind, PayerPlace


class Sums(models.Model):
    """What lines come to for one group, and how it is asked for. Amounts are minor units.

    Rows are parts that are added up: at each level what one sees more than at the level before.
    `with_…`: how many lines state the measure; where none does, none is shown.
    """

    level = models.SmallIntegerField()
    fiscal_year = models.SmallIntegerField()  # 0: not stated
    payer_kind = models.CharField(max_length=16, choices=PayerKind)
    payer_place = models.CharField(max_length=8, choices=PayerPlace)
    form = models.CharField(max_length=8, choices=FundingLine.Form)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=16, choices=FundingLine.State)
    above = models.UUIDField(null=True)  # the scope that these count in; NULL above the whole
    program = models.UUIDField()
    planned = models.BigIntegerField()
    with_planned = models.IntegerField()
    committed = models.BigIntegerField()
    with_committed = models.IntegerField()
    received = models.BigIntegerField()
    with_received = models.IntegerField()
    spent = models.BigIntegerField()
    with_spent = models.IntegerField()
    undivided = models.BigIntegerField()
    with_undivided = models.IntegerField()
    lines = models.IntegerField()  # lines with an amount row or an entry for this year, or with none at all
    unstated = models.IntegerField()  # of these, how many state neither a planned nor a committed amount for it
    lines_once = models.IntegerField()  # the same, each line in one of its years only, so that years can be added
    unstated_once = models.IntegerField()

    class Meta:
        abstract = True


ABOVE = ["above", "level", "fiscal_year", "payer_kind", "payer_place", "form", "currency", "state"]


class LineFigure(Sums):
    """재원별 집계. What one line counts for in one fiscal year: its latest amounts less what its splits take up, and its entries.

    Every total is a sum of these. Replaced by workers, never nudged (rollups/).
    """

    pk = models.CompositePrimaryKey("line", "level", "fiscal_year")
    line = models.UUIDField()
    scope = models.UUIDField()  # its project, or its program where it has none
    payer = models.UUIDField(null=True)
    recipient = models.UUIDField(null=True)
    category = models.CharField(max_length=100)

    class Meta:
        indexes = [
            models.Index(fields=ABOVE, name="linefigure_above"),
            models.Index(fields=["program", "scope"], name="linefigure_program"),
            models.Index(fields=["payer"], name="linefigure_payer", condition=models.Q(payer__isnull=False)),
            models.Index(
                fields=["recipient"], name="linefigure_recipient", condition=models.Q(recipient__isnull=False)
            ),
        ]


class Rollup(Sums):
    """예산 집계. What stands below a scope (a project, a program, the whole registry), by group. Replaced by workers (rollups/).

    With the figures of the scope's own lines it is the scope's total.
    """

    pk = models.CompositePrimaryKey(
        "scope", "level", "fiscal_year", "payer_kind", "payer_place", "form", "currency", "state"
    )
    scope = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=ABOVE, name="rollup_above")]
