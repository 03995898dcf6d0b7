"""Record, Change, and the columns that every record has."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .ids import NewId
from .rights import Reader, Visibility


class RecordQuerySet(models.QuerySet):
    """Many records of one kind, or many rows of Record itself."""

    def visible_to(self, reader: Reader):
        """The rows that exist for this reader. Retired ones do not; see `with_retired`."""
        return self.filter(may_see(reader), is_retired=False)

    def with_retired_visible_to(self, reader: Reader):
        return self.filter(may_see(reader))


def may_see(reader: Reader) -> models.Q:
    """The condition on a table that has `visibility` and `id` (or `within`, on Record itself)."""
    if reader.level >= Visibility.INTERNAL:
        return models.Q()
    seen = models.Q(visibility__lte=reader.level)
    if reader.level < Visibility.SHARED and reader.takes_part_in:
        seen |= models.Q(visibility=Visibility.SHARED, id__in=_shared_with(reader))
    return seen


def may_see_sql(reader: Reader, visibility: str, id: str) -> tuple[str, dict]:
    """The same as an SQL condition on a row with these expressions for its visibility of today and its id; and its parameters."""
    if reader.level >= Visibility.INTERNAL:
        return "true", {}
    seen, parameters = f"{visibility} <= %(level)s", {"level": int(reader.level)}
    if reader.level < Visibility.SHARED and reader.takes_part_in:
        shared = f"SELECT id FROM public.records_record WHERE visibility = {Visibility.SHARED:d} AND within = ANY(%(takes_part_in)s)"
        seen += f" OR ({visibility} = {Visibility.SHARED:d} AND {id} IN ({shared}))"
        parameters["takes_part_in"] = list(reader.takes_part_in)
    return f"({seen})", parameters


def _shared_with(reader: Reader):
    return Record.objects.filter(visibility=Visibility.SHARED, within__in=reader.takes_part_in).values("id")


class Record(models.Model):
    """One narrow row under every record, so that anything can point at any record with a real foreign key.

    Written by triggers alone (history.py): it follows the row of the record's own kind.
    `within` is the program whose participants may read what is shared. The row outlives its record: it is the tombstone.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=32)
    visibility = models.SmallIntegerField(choices=Visibility)
    version = models.IntegerField()
    is_retired = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, db_index=False)
    within = models.UUIDField(null=True)
    changed_at = models.DateTimeField()
    change = models.ForeignKey("Change", models.PROTECT, db_index=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="record_latest"),
            models.Index(fields=["change", "kind", "id"], name="record_change"),
            models.Index(fields=["within", "visibility", "kind"], name="record_within"),
            models.Index(fields=["merged_into"], name="record_merged", condition=models.Q(merged_into__isnull=False)),
        ]

    def __str__(self):
        return f"{self.kind} {self.id}"


def this_transaction() -> models.Expression:
    """The number of the transaction that writes a row; 64 bits, so that it never begins anew."""
    number = models.Func(function="pg_current_xact_id", output_field=models.TextField())
    return Cast(Cast(number, models.TextField()), models.BigIntegerField())


class Change(models.Model):
    """Who changed something, when, why and through which door. One per transaction; the versions point at it.

    The actor is kept by id and name without a foreign key: history outlives accounts.
    """

    class Door(models.TextChoices):
        PAGE = "page", _("page")
        API = "api", _("API")
        IMPORT = "import", _("import")
        COMMAND = "command", _("command line")
        SQL = "sql", _("database")

    class Nature(models.TextChoices):
        """What a change of a value says of the past."""

        CORRECTION = "correction", _("correction: it was never true")
        CHANGE = "change", _("the world changed")

    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    door = models.CharField(max_length=16, choices=Door)
    reason = models.TextField(blank=True)
    nature = models.CharField(max_length=16, choices=Nature, blank=True, db_default="")
    effective_on = models.CharField(max_length=32, blank=True, db_default="")  # EDTF: from when the new value is true
    undoes = models.ForeignKey("self", models.PROTECT, null=True)
    xid = models.BigIntegerField(db_default=this_transaction(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="change_in_turn"),
            models.Index(fields=["-at", "-id"], name="change_latest"),
            models.Index(fields=["actor_name", "-at", "-id"], name="change_by_actor"),
            models.Index(fields=["door", "-at", "-id"], name="change_by_door"),
        ]

    def __str__(self):
        return f"{self.actor_name}, {self.at:%Y-%m-%d %H:%M}"


class RecordBase(models.Model):
    """The columns of every record. `version`, `updated_at` and `change_id` are set by the database alone.

    What was merged into another record is retired and points at that one (`merging.py`).
    """

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    visibility = models.SmallIntegerField(_("visibility"), choices=Visibility, default=Visibility.PUBLIC)
    is_retired = models.BooleanField(_("retired"), default=False)
    merged_into = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("merged into")
    )
    version = models.IntegerField(db_default=1, editable=False)
    updated_at = models.DateTimeField(
        _("updated at"), db_default=models.Func(function="clock_timestamp"), editable=False
    )
    change_id = models.BigIntegerField(db_default=models.Func(function="registry_change"), editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True


class Named(models.Model):
    """Names in Korean and English, one of them at least, and other spellings that sources use."""

    name_ko = models.CharField(_("name (Korean)"), max_length=300, blank=True)
    name_en = models.CharField(_("name (English)"), max_length=300, blank=True)
    aliases = ArrayField(models.CharField(max_length=300), verbose_name=_("other names"), default=list, blank=True)

    class Meta:
        abstract = True

    def __str__(self):
        return in_language(self.name_ko, self.name_en)


class Titled(models.Model):
    """As Named, for what has a title."""

    title_ko = models.CharField(_("title (Korean)"), max_length=500, blank=True)
    title_en = models.CharField(_("title (English)"), max_length=500, blank=True)
    aliases = ArrayField(models.CharField(max_length=500), verbose_name=_("other titles"), default=list, blank=True)

    class Meta:
        abstract = True

    def __str__(self):
        return in_language(self.title_ko, self.title_en)


class Noted(models.Model):
    """What else there is to say of it, in Korean and English."""

    note_ko = models.TextField(_("note (Korean)"), blank=True)
    note_en = models.TextField(_("note (English)"), blank=True)

    class Meta:
        abstract = True


def in_language(ko: str, en: str) -> str:
    """The text in the reader's language; where there is none, the other one."""
    return (ko or en) if (get_language() or "ko").startswith("ko") else (en or ko)


def listed_by(base: str, name: str) -> list[models.Index]:
    """Indexes for lists sorted by `name` or `title` in either language, as `lists.by_name` sorts them."""
    return [
        models.Index(by_name(base, here, there), "id", name=f"{name}_by_{base}_{here}")
        for here, there in (("ko", "en"), ("en", "ko"))
    ]


def by_name(base: str, here: str, there: str):
    """The name in one language; where there is none, in the other."""
    mine = NullIf(models.F(f"{base}_{here}"), models.Value(""))
    return Coalesce(mine, models.F(f"{base}_{there}"), output_field=models.TextField())


def latest_first(field: str, name: str) -> models.Index:
    """Index for lists sorted by a date, the latest first, what has none last."""
    return models.Index(models.F(f"{field}_first").desc(nulls_last=True), "id", name=name)


def ending_first(name: str) -> models.Index:
    """Index for what ends soon, by the last day that its end can mean; read from its end, as lists do."""
    return models.Index(models.F("ends_on_last").desc(nulls_last=True), "id", name=f"{name}_ending")


def counted_by(name: str, *fields: str) -> list[models.Index]:
    """Indexes along which the rows of a large kind are counted for each value of a choice (facets.py)."""
    of_present = models.Q(is_retired=False)
    return [models.Index(fields=[f, "visibility"], name=f"{name}_{f}_counted", condition=of_present) for f in fields]


def has_a_name(name: str) -> models.CheckConstraint:
    """Constraint of a Named kind: a name in one language at least."""
    return models.CheckConstraint(
        condition=~models.Q(name_ko="", name_en=""),
        name=f"{name}_has_a_name",
        violation_error_message=_("Give a name in Korean or in English."),
    )


def has_a_title(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=~models.Q(title_ko="", title_en=""),
        name=f"{name}_has_a_title",
        violation_error_message=_("Give a title in Korean or in English."),
    )


def public_or_internal(name: str) -> models.CheckConstraint:
    """Institutions, labs, researchers and sources are not shared with the participants of one program."""
    return models.CheckConstraint(
        condition=models.Q(visibility__in=[Visibility.PUBLIC, Visibility.INTERNAL]),
        name=f"{name}_public_or_internal",
        violation_error_message=_(
            "This is public or internal; it belongs to no single program that it could be shared in."
        ),
    )


def in_turn(name: str, first: str, then: str) -> models.CheckConstraint:
    """The date `then` cannot lie wholly before the date `first`."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{first}_first": None})
        | models.Q(**{f"{then}_last": None})
        | models.Q(**{f"{then}_last__gte": models.F(f"{first}_first")}),
        name=f"{name}_{then}_after_{first}",
        violation_error_message=_("The end lies before the beginning."),
    )
