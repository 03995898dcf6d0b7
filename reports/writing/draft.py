"""An update as it is written: every section with its rows, what stands in them, what is wrong, what they propose.

    content (as typed) + today's records → rows → Proposed, faults, warnings

It is drawn from `content`, so that nothing typed is lost, whatever is refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programs.kinds import ROLE
from programs.models import Output, Role
from records.dates import BadDate, parse
from records.kinds import Type, kind_of
from records.labels import Label, label_of, labels_of, mentioned
from records.past_rows import as_they_were
from records.refusals import Fault
from records.rights import EVERYTHING
from records.steps import Edit

from .ledger import is_about_whole_line, lines_for, to_date
from .rows import ENDS, FileRow, MoneyRow, NarrativeRow, Proposed, RecordRow, Row
from .sections import FILES, MONEY, OUTPUTS, PEOPLE, TYPED, WORDS, About, Section, steps_of

MOST_NEW = 100  # new rows of one section
NEW = "new-"
NEW_KEY = re.compile(r"new-[1-9]\d{0,3}", re.ASCII)
KEY = re.compile(
    rf"text|{NEW_KEY.pattern}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}", re.ASCII
)  # of a row in `content`
WHOLE = 100  # per cent of a person's working time


@dataclass
class SectionOfDraft:
    section: Section
    rows: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.section.name

    @property
    def next_key(self) -> str:
        return free_key(row.key for row in self.rows)


class Draft:
    """`content`: what was typed. `blank`: by section how many empty new rows are drawn besides those that were typed in.

    `is_whole`: with the rows in which nothing was typed, to be drawn; without them it is only checked.
    """

    def __init__(
        self, about: About, content: Mapping, *, blank: Mapping[str, int] | None = None, is_whole: bool = True
    ):
        self.about, self.content, self.is_whole = about, content, is_whole
        self.faults: list[Fault] = []
        self.warnings: list[str] = []
        self.blank = blank or {}
        self.sections = [SectionOfDraft(section, self._rows(section)) for section in (*TYPED, FILES)]

    # -- rows --------------------------------------------------------------------------------------------

    def typed_in(self, section: Section) -> dict[str, dict]:
        """What was typed in a section, by the key of the row."""
        return {row["key"]: row for row in self.content.get(section.name, ())}

    def _rows(self, section: Section) -> list[Row]:
        if section is WORDS:
            return [NarrativeRow(section, _texts(self.typed_in(section).get("text", {})))]
        if section is MONEY:
            return self._money_rows()
        if section is FILES:
            accepted = self.about.update.proposals.filter(section="files", values__decision="accepted")
            keys = set(accepted.values_list("key", flat=True))
            files = self.about.update.attachments.order_by("sent_at")
            return [FileRow(section, file) for file in files if str(file.id) not in keys]
        return self._record_rows(section)

    def _money_rows(self) -> list[Row]:
        typed = self.typed_in(MONEY)
        lines = lines_for(self.about.update, self.about.reader) if self.is_whole or typed else []
        lines = [line for line in lines if self.is_whole or str(line.id) in typed]
        known = to_date(lines, self.about.update, self.about.until)
        labels = labels_of({"funding_line": {line.id for line in lines}}, set(), self.about.reader)
        return [
            MoneyRow(
                MONEY, line, _texts(typed.get(str(line.id), {})),
                known={name: known[line.id, name] for name in MONEY.fields},
                is_whole=is_about_whole_line(line, self.about.update),
                label=labels.get(line.id), until=self.about.until,
            )
            for line in lines
        ]  # fmt: skip

    def _record_rows(self, section: Section) -> list[Row]:
        typed, reader = self.typed_in(section), self.about.reader
        present = {
            row.id: row for row in section.present(self.about, {_id(key) for key in typed} - {None}, self.is_whole)
        }
        versions = {id: str(typed[str(id)].get("version", "")) for id in present if str(id) in typed}
        began = as_they_were(section.kind, present, versions)
        new = [key for key in typed if NEW_KEY.fullmatch(key)]
        for _n in range(self.blank.get(section.name, 0)):
            new.append(free_key(new))
        known = self._labels(section, began.values(), typed)
        rows: list[Row] = []
        for id, row in began.items():
            one = RecordRow(section, str(id), _texts(typed.get(str(id), {})), began=row, reader=reader, known=known)
            one.label = label_of(section.kind, row, known)
            rows.append(one)
        if section.takes_new:
            rows += [
                RecordRow(section, key, _texts(typed.get(key, {})), began=None, reader=reader, known=known)
                for key in new
            ]
        return rows

    def pattern(self, section: Section) -> Row:
        """An empty new row, which the script copies; its key is `__n__`."""
        return RecordRow(section, "__n__", {}, began=None, reader=self.about.reader, known={})

    def _labels(self, section: Section, rows: Iterable, typed: Mapping[str, dict]) -> dict[UUID, Label]:
        """What the rows refer to, and what was chosen in new ones."""
        refs = [f for f in section.kind.refs if f.name in section.kind.typed_fields and f.name != "scope"]
        by_kind, anything = mentioned([(refs, rows)])
        for kind, names in section.parts(is_new=True):
            for name in names:
                declared = kind.typed_fields[name]
                if declared.type is Type.REF:
                    chosen = {_id(row.get(f"{name}_id", "")) for row in typed.values()} - {None}
                    by_kind[kind_of(declared.target).name] |= chosen
        return labels_of(by_kind, anything, self.about.reader)

    # -- what it says ------------------------------------------------------------------------------------

    def rows(self) -> Iterable[Row]:
        return (row for section in self.sections for row in section.rows)

    def kept(self) -> dict:
        """`content` with only what differs from the records: what is to be stored."""
        content = {}
        for part in self.sections:
            rows = []
            for row in part.rows:
                texts = row.texts()
                if texts:
                    version = {"version": row.version} if row.version and part.section is not MONEY else {}
                    rows.append({"key": row.key} | version | texts)
            if rows:
                content[part.name] = rows
        return content

    def check(self, *, by_records=True) -> list[Proposed]:
        """Everything that is proposed. What is wrong stands in `faults` then, what should be looked at in `warnings`.

        Without `by_records` the records themselves are not asked, which costs queries for each row that was typed in.
        """
        proposed = []
        for row in self.rows():
            one = row.check()
            if one and not row.faults:
                if by_records:
                    self._look_at(row, one)
                for name in row.section.happened:
                    self._has_happened(row, name, one.values.get(name))
                proposed.append(one)
        self._efforts(proposed)
        self._money(proposed)
        self.faults = [fault for row in self.rows() for fault in row.faults] + self._of_nothing()
        return proposed

    def _of_nothing(self) -> list[Fault]:
        """What was typed for records that are not (or no longer) here to be reported on."""
        here = {(row.section.name, row.key) for row in self.rows()}
        text = _("This record is not one that this report can change.")
        asked = ((name, row["key"]) for name, rows in self.content.items() for row in rows)
        return [Fault("/".join(place), text) for place in asked if place not in here]

    def _look_at(self, row: Row, proposed: Proposed) -> None:
        """What the records themselves refuse."""
        section = row.section
        if isinstance(row, RecordRow):
            steps = steps_of(self.about, proposed)
            new = {id for step in steps for id in step.new_ids()}
            for step in steps:
                if isinstance(step, Edit):
                    step.row = row.began
                for fault in step.faults("report", new):
                    row.fault(fault.field if fault.field in section.names else "", fault.message)
        if section is OUTPUTS:
            self._is_not_there_yet(row, proposed)

    def _has_happened(self, row: Row, name: str, value) -> None:
        if not value:
            return
        try:
            day = parse(value)
        except BadDate:
            return
        if day.first and day.first > self.about.until:
            text = _("This lies after %s, the last day that this report speaks of.")
            row.fault(name, text % self.about.until.isoformat())
        elif day.last and day.last < self.about.update.period_starts_on:
            what = f"{row.section.title}: {row.section.label(name)} {value}"
            self.warnings.append(_("%s lies before the period of the report.") % what)

    def _is_not_there_yet(self, row: Row, proposed: Proposed) -> None:
        doi = proposed.values.get("doi")
        if doi and Output.objects.visible_to(self.about.reader).filter(doi__iexact=doi).exists():
            row.fault("doi", _("The registry has an output with this DOI already."))

    def _efforts(self, proposed: list[Proposed]) -> None:
        """Nobody works more than all of their time: the shares of all projects on the last day of the report."""
        stated = {
            p.key: p.values["effort_share"]
            for p in proposed
            if p.section == PEOPLE.name and p.values.get("effort_share")
        }
        person_of = {
            p.key: p.values.get("researcher") for p in proposed if p.key in stated and p.section == PEOPLE.name
        }
        ids = [key for key in stated if not key.startswith(NEW)]
        person_of |= {str(id): person for id, person in Role.objects.filter(id__in=ids).values_list("id", "researcher")}
        others = ROLE.counting_on(Role.objects.visible_to(EVERYTHING), self.about.until).exclude(id__in=ids)
        others = others.filter(researcher__in=filter(None, person_of.values()), effort_share__isnull=False)
        whole = Counter()
        for person, share in others.values_list("researcher", "effort_share"):
            whole[person] += share
        for key, share in stated.items():
            whole[person_of[key] or key] += share
        for row in self._rows_with(PEOPLE, stated):
            if whole[person_of[row.key] or row.key] > WHOLE:
                text = _("With other projects the effort share of this person comes to more than 100 %.")
                row.fault("effort_share", text)

    def _money(self, proposed: list[Proposed]) -> None:
        """More spent than received is shown, not refused; so is a statement that lowers what the registry says."""
        stated = {p.key: p.values for p in proposed if p.section == MONEY.name}
        for row in self._rows_with(MONEY, stated):
            amounts = row.known | {name: value["amount"] for name, value in stated[row.key].items()}
            if amounts["spent"] > amounts["received"]:
                self.warnings.append(_("%s: more was spent than received.") % row.label)
            for name in stated[row.key]:
                if amounts[name] < row.known[name]:
                    less = _("%(line)s: %(what)s is less than the registry says; the difference is taken back.")
                    self.warnings.append(less % {"line": row.label, "what": MONEY.label(name)})

    def _rows_with(self, section: Section, keys: Iterable[str]) -> list[Row]:
        return [row for part in self.sections if part.section is section for row in part.rows if row.key in keys]

    @property
    def said(self) -> str:
        """How many values are proposed, in words."""
        count = sum(len(row.touched()) for row in self.rows())
        return ngettext("%d value changed", "%d values changed", count) % count


def free_key(keys: Iterable[str]) -> str:
    """The key of one new row more."""
    numbers = [int(key.removeprefix(NEW)) for key in keys if NEW_KEY.fullmatch(key)]
    return f"{NEW}{max(numbers, default=0) + 1}"


def _texts(row: Mapping) -> dict[str, str]:
    return {name: str(text) for name, text in row.items() if name not in ("key", "version")}


def _id(text: str) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


# ---- what a page sends ---------------------------------------------------------------------------------


def content_of_page(sent: QueryDict) -> dict:
    """What the inputs of a page hold, as `content`: `<section>=<key>` names each row, `<section>-<key>-<field>` its texts."""
    content = {}
    for section in TYPED:
        rows = []
        for key in filter(KEY.fullmatch, dict.fromkeys(sent.getlist(section.name))):
            prefix = f"{section.name}-{key}-"
            texts = {
                f"{name}{end}": sent[f"{prefix}{name}{end}"]
                for name in section.names
                for end in ENDS
                if f"{prefix}{name}{end}" in sent
            }
            version = sent.get(f"{prefix}version", "")
            is_version = version.isdecimal() and len(version) < 10
            rows.append({"key": key} | ({"version": int(version)} if is_version else {}) | texts)
        if rows:
            content[section.name] = rows[: MOST_NEW * 2]
    return content
