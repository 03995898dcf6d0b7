"""Bodies of requests about updates, read strictly: each thing that is wrong is said at its place, all at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from labs.models import Institution
from programs.models import Project
from records.cells import BadCell
from records.kinds import Field, Type
from records.problem_codes import coded
from records.reading import reference
from records.refusals import Fault, Refused, all_read
from records.rights import Reader
from records.writing_api import true_or_false

from ..commands import Answer
from ..models import ProjectUpdate, ProposedValue

NEW = ("project", "institution", "period_starts_on", "period_ends_on", "sections", "submit")
OWN = {field.name for field in ProjectUpdate._meta.get_fields()} | {"decided_by", "round", "submitted_by"}
DECISION = ("value", "accept", "note", "seen")


@dataclass(frozen=True)
class New:
    """An update that is to be begun."""

    project: Project
    institution: Institution
    starts_on: date
    ends_on: date
    sections: object
    is_submitted: bool

    @property
    def order(self) -> tuple:
        return self.project.id, self.institution.id, self.starts_on, self.ends_on


def read_new(body: Mapping, reader: Reader) -> New:
    """Raises Refused."""
    _known, project, institution, starts_on, ends_on, is_submitted = all_read(
        lambda: _only(body, NEW),
        lambda: _record(body, Field("project", Type.REF, "", target=Project), reader),
        lambda: _record(body, Field("institution", Type.REF, "", target=Institution), reader),
        lambda: _day(body, "period_starts_on"),
        lambda: _day(body, "period_ends_on"),
        lambda: true_or_false(dict(body), "submit"),
    )
    return New(project, institution, starts_on, ends_on, body.get("sections", {}), is_submitted)


def unknown_fields(body: Mapping, takes: Iterable[str]) -> list[Fault]:
    """Of what was sent, each name that means nothing here or is not for those who send to say."""
    return [Fault(name, _not_taken(name)) for name in sorted(set(body) - set(takes))]


def _not_taken(name: str) -> str:
    if name in ("project", "institution", "period_starts_on", "period_ends_on"):
        return coded(
            "read_only",
            _("“%s” is settled when a report is begun. Begin another report, and withdraw this one.") % name,
        )
    if name in OWN:
        return coded("read_only", _("“%s” is kept by the registry and cannot be written.") % name)
    return coded("unknown_field", _("There is no field “%s”.") % name)


def text_of(body: Mapping, name: str = "text") -> str:
    text = body.get(name) or ""
    if not isinstance(text, str):
        raise Refused([Fault(name, coded("not_a_text", _("“%s” is a text.") % name))])
    return text


def answers_of(body: Mapping, update: ProjectUpdate) -> tuple[dict[int, Answer], Callable[[Fault], Fault]]:
    """What is decided of each value, and where in the body a fault about one of them stands."""
    if ("accept" in body) == ("decisions" in body):
        raise Refused(_('Send either “decisions”, one for each value, or “accept”: "all" or "none".'))
    if "accept" in body:
        if body["accept"] not in ("all", "none"):
            raise Refused([Fault("accept", _('“accept” is "all" or "none".'))])
        values = ProposedValue.objects.filter(proposal__update=update.id, proposal__round=update.round)
        is_accepted = body["accept"] == "all"
        return {id: Answer(is_accepted) for id in values.values_list("id", flat=True)}, _of_whole
    sent = body["decisions"]
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
        raise Refused(
            [Fault("decisions", coded("not_a_list", _("“%s” is a list of objects, one for each row.") % "decisions"))]
        )
    answers: dict[int, Answer] = {}
    faults: list[Fault] = []
    for n, one in enumerate(sent):
        wrong = _wrong_with(one)
        if not wrong and one["value"] in answers:
            wrong = [Fault("value", coded("twice", _("This row is there twice.")))]
        faults += [Fault(f"decisions/{n}/{fault.field}", fault.message) for fault in wrong]
        if not wrong:
            answers[one["value"]] = Answer(one["accept"], one.get("note") or "", one.get("seen"))
    if faults:
        raise Refused(faults)
    places = {str(id): f"decisions/{n}" for n, id in enumerate(answers)}
    return answers, lambda fault: _of_one(fault, places)


def _wrong_with(one: Mapping) -> list[Fault]:
    faults = unknown_fields(one, DECISION)
    if not isinstance(one.get("value"), int) or isinstance(one.get("value"), bool):
        faults.append(Fault("value", _("Say which value: its “id”.")))
    if not isinstance(one.get("accept"), bool):
        faults.append(Fault("accept", coded("required", _("Accept or return this value."))))
    for name in ("note", "seen"):
        if not isinstance(one.get(name) or "", str):
            faults.append(Fault(name, coded("not_a_text", _("“%s” is a text.") % name)))
    return faults


def _of_one(fault: Fault, places: Mapping[str, str]) -> Fault:
    if fault.field in places:
        return Fault(places[fault.field], fault.message)
    return _of_whole(fault)


def _of_whole(fault: Fault) -> Fault:
    """About a value that was left out, or about all of them."""
    if fault.field.isdigit():
        return Fault("decisions", f"{fault.field}: {fault.message}")
    return fault


# ---- parts ---------------------------------------------------------------------------------------------


def _only(body: Mapping, takes: Iterable[str]) -> None:
    if faults := unknown_fields(body, takes):
        raise Refused(faults)


def _record(body: Mapping, field: Field, reader: Reader):
    """The record that is named by id or slug."""
    value = body.get(field.name)
    try:
        if not isinstance(value, str) or not value:
            raise BadCell(coded("required", _("Name it by its id or slug.")))
        named = reference(field, value, reader)
    except BadCell as bad:
        raise Refused([Fault(field.name, str(bad))]) from None
    return named


def _day(body: Mapping, name: str) -> date:
    value = body.get(name)
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Refused([Fault(name, coded("not_a_date", _("Give a day, for example %s.") % "2025-06-30"))])
