"""Who takes part: institutions, researchers, counts of people, exchanges."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from labs.models import Institution
from people.models import Researcher
from records.base import Noted, Record, RecordBase, counted_by, in_language, in_turn, latest_first
from records.dates import EdtfField, edtf_days
from records.folding import searched_by

from .undertaking import Status


class Participation(RecordBase):
    """참여기관. An institution's part in a program, a project, an agreement, an event or another record, from–to."""

    class Part(models.TextChoices):
        LEAD = "lead", _("lead")
        JOINT = "joint", _("joint research")
        PARTNER_COMPANY = "partner_company", _("partner company")
        PAYER = "payer", _("payer")
        HOST = "host", _("host")
        OVERSEER = "overseer", _("overseer")
        PARTY = "party", _("party")
        ORGANISER = "organiser", _("organiser")
        SPONSOR = "sponsor", _("sponsor")
        PARTICIPANT = "participant", _("participant")

    scope = models.ForeignKey(
        Record, models.PROTECT, related_name="participations", verbose_name=_("in"), db_index=False
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="participations", verbose_name=_("institution"), db_index=False
    )
    part = models.CharField(_("part"), max_length=16, choices=Part)
    does_ko = models.TextField(_("what it does (Korean)"), blank=True)
    does_en = models.TextField(_("what it does (English)"), blank=True)
    starts_on = EdtfField(_("from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("to"))
    ends_on_first, ends_on_last = edtf_days("ends_on")

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        indexes = [
            searched_by("participation", "does_ko", "does_en", aliases=False),
            models.Index(fields=["scope", "id"], name="participation_list"),
            models.Index(fields=["institution", "scope", "id"], name="participation_of"),
            *counted_by("participation", "part"),
        ]
        constraints = [in_turn("participation", "starts_on", "ends_on")]

    def __str__(self):
        return self.get_part_display()


class Role(RecordBase):
    """역할. A researcher's part in a program, project, lab, committee, event or output, from–to."""

    class Part(models.TextChoices):
        PI = "pi", _("principal investigator")
        CO_PI = "co_pi", _("co-principal investigator")
        DIRECTOR = "director", _("director")
        CO_DIRECTOR = "co_director", _("co-director")
        SUBPROJECT_LEAD = "subproject_lead", _("sub-project lead")
        ADVISOR = "advisor", _("advisory member")
        MEMBER = "member", _("member")
        PARTICIPANT = "participant", _("participant")
        POSTDOC = "postdoc", _("postdoc")
        STUDENT = "student", _("student")
        CHAIR = "chair", _("chair")
        SPEAKER = "speaker", _("speaker")
        AUTHOR = "author", _("author")
        SIGNATORY = "signatory", _("signatory")
        ORGANISER = "organiser", _("organiser")
        GUEST = "guest", _("guest")
        CONTACT = "contact", _("contact")

    researcher = models.ForeignKey(Researcher, models.PROTECT, related_name="roles", verbose_name=_("researcher"))
    scope = models.ForeignKey(Record, models.PROTECT, related_name="roles", verbose_name=_("in"), db_index=False)
    part = models.CharField(_("role"), max_length=16, choices=Part)
    title_ko = models.CharField(pgettext_lazy("person", "title (Korean)"), max_length=200, blank=True)
    title_en = models.CharField(pgettext_lazy("person", "title (English)"), max_length=200, blank=True)
    starts_on = EdtfField(_("from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("to"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    effort_share = models.DecimalField(_("effort share (%)"), max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        indexes = [
            models.Index(fields=["scope", "id"], name="role_list"),
            searched_by("role", "title_ko", "title_en", aliases=False),
            *counted_by("role", "part"),
        ]
        constraints = [
            in_turn("role", "starts_on", "ends_on"),
            models.CheckConstraint(
                condition=Q(effort_share=None) | Q(effort_share__gte=0, effort_share__lte=100),
                name="role_effort_share",
                violation_error_message=_("An effort share is a percentage from 0 to 100."),
            ),
        ]

    def __str__(self):
        return in_language(self.title_ko, self.title_en) or self.get_part_display()


class Headcount(Noted, RecordBase):
    """인원. A stated count of people for a scope at a date. Appended, never overwritten: the latest one counts."""

    class People(models.TextChoices):
        RESEARCHERS = "researchers", _("researchers")
        PRINCIPAL_INVESTIGATORS = "principal_investigators", _("principal investigators")
        STUDENTS = "students", _("students")
        STAFF = "staff", _("staff")
        PARTICIPANTS = "participants", _("participants")

    class Side(models.TextChoices):
        ALL = "all", _("all")
        DOMESTIC = "domestic", _("domestic")
        OVERSEAS = "overseas", _("overseas")

    scope = models.ForeignKey(Record, models.PROTECT, related_name="headcounts", verbose_name=_("of"))
    people = models.CharField(_("people"), max_length=32, choices=People, default=People.RESEARCHERS)
    side = models.CharField(_("domestic or overseas"), max_length=8, choices=Side, default=Side.ALL)
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="headcounts", verbose_name=_("at")
    )
    number = models.PositiveIntegerField(_("number"))
    counted_on = EdtfField(_("as of"))
    counted_on_first, counted_on_last = edtf_days("counted_on")

    class Meta:
        verbose_name = _("head count")
        verbose_name_plural = _("head counts")
        indexes = [latest_first("counted_on", "headcount_latest"), *counted_by("headcount", "people", "side")]

    def __str__(self):
        return str(self.number)


class Exchange(RecordBase):
    """인력교류. Researchers sent or received: one named person, or a number of people of a level."""

    class Level(models.TextChoices):
        PROFESSOR = "professor", _("professor")
        RESEARCHER = "researcher", _("researcher")
        POSTDOC = "postdoc", _("postdoc")
        GRADUATE = "graduate", _("graduate student")
        UNDERGRADUATE = "undergraduate", _("undergraduate")
        MIXED = "mixed", _("several levels")

    scope = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="exchanges", verbose_name=_("under")
    )
    sender = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="sends", verbose_name=_("from institution")
    )
    receiver = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="hosts", verbose_name=_("to institution")
    )
    researcher = models.ForeignKey(
        Researcher, models.PROTECT, null=True, blank=True, related_name="exchanges", verbose_name=_("researcher")
    )
    level = models.CharField(_("level"), max_length=16, choices=Level, blank=True)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    starts_on = EdtfField(_("from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("to"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    purpose_ko = models.TextField(_("purpose (Korean)"), blank=True)
    purpose_en = models.TextField(_("purpose (English)"), blank=True)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        indexes = [searched_by("exchange", "purpose_ko", "purpose_en", aliases=False)]
        constraints = [in_turn("exchange", "starts_on", "ends_on")]

    def __str__(self):
        return in_language(self.purpose_ko, self.purpose_en)
