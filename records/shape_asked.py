"""What is asked of the shape of an answer: which fields, which records inside, as a tree or as a table without joins.

    fields=title,program.name_ko   omit=aliases   include=payer,project.program   flat=1   money=minor   lang=en

It is read once and then says, record by record, what is shown (`shapes.shaped`). In a table (`flat=1`) a reference and a
choice have a column with their label beside them, called as in files (`payer_label`, records/columns.py), and what is
included has its columns behind its name and a dot (`payer.name_ko`). Equal questions are equal and can be keys.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from django.utils.translation import gettext as _

from .asking import Problem, did_you_mean, not_allowed
from .columns import LABEL, REFERENCES, behind
from .kinds import Field, Kind, Type, kind_of

PARAMETERS = ("fields", "omit", "include", "flat")
DEEPEST = 2  # records inside records
YES, NO = ("1", "true"), ("", "0", "false")


@dataclass(frozen=True)
class ShapeAsked:
    """What is shown of records of one kind, or of any (`kind` None), then as their own lists show them."""

    kind: Kind | None
    names: tuple[str, ...]  # its own fields, in their order; in a table labels too, as `payer_label`
    inside: "tuple[tuple[str, ShapeAsked], ...]" = ()  # references, and what is shown of the records that they lead to
    is_flat: bool = False
    is_minor: bool = False
    language: str = "ko"

    @property
    def is_plain(self) -> bool:
        """Whether each row says nothing but its own fields."""
        return not (self.is_flat or self.inside)

    @property
    def is_whole(self) -> bool:
        return self.is_plain and self.names == tuple(self.kind.all_fields)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields whose values or labels are shown."""
        return tuple({f.name: f for f in (field_of(self.kind, name) for name in self.names)}.values())

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """Of these, the references whose records are looked up for their ids or labels."""
        inside = () if self.is_flat else [name for name, _part in self.inside]
        return tuple(f for f in self.fields if f.type in REFERENCES and f.name not in inside)

    @property
    def needs_attached(self) -> bool:
        """Whether anything is shown that rows have only when it is worked out for them (`Kind.attached`)."""
        return any(f.name in self.kind.attached_fields for f in self.fields)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """In a table: the names of its columns. Every row has them all."""
        return (*self.names, *(f"{name}.{column}" for name, part in self.inside for column in part.columns))


@cache
def whole(kind: Kind | None, *, is_flat: bool = False, is_minor: bool = False, language: str = "ko") -> ShapeAsked:
    """Everything that the kind's own list shows."""
    names = () if kind is None else flat_names(kind) if is_flat else tuple(kind.all_fields)
    return ShapeAsked(kind, names, (), is_flat, is_minor, language)


def field_of(kind: Kind, name: str) -> Field:
    """The field of this name, or that this column has the label of."""
    return kind.all_fields.get(name) or kind.all_fields[name.removesuffix(LABEL)]


def has_label(field: Field) -> bool:
    return field.type in (*REFERENCES, Type.CHOICE)


@cache
def flat_names(kind: Kind) -> tuple[str, ...]:
    """The columns of a table of this kind: each field, and the label of what is an id or a word of ours."""
    return tuple(name for f in kind.all_fields.values() for name in _with_label(f))


def _with_label(field: Field) -> tuple[str, ...]:
    return (field.name, field.name + LABEL) if has_label(field) else (field.name,)


# ---- what can be included ------------------------------------------------------------------------------------


@cache
def includes_of(kind: Kind, depth: int = DEEPEST) -> dict[str, Kind | None]:
    """The references that `include=` takes, by their paths, and the kind that each leads to (None: any)."""
    found: dict[str, Kind | None] = {}
    for ref in kind.refs:
        if ref.name == "merged_into":  # what is listed is merged into nothing
            continue
        there = kind_of(ref.target) if ref.type is Type.REF else None
        found[ref.name] = there
        if there and depth > 1:
            found |= {f"{ref.name}.{path}": leads_to for path, leads_to in includes_of(there, depth - 1).items()}
    return found


def takes_fields(kind: Kind, *, is_flat: bool = False) -> list[str]:
    """Every name that `fields=` and `omit=` take for the kind's own fields."""
    pairs = [
        base for name in kind.all_fields if (base := name.removesuffix("_ko")) != name and behind(kind, base) != (base,)
    ]
    return [*(flat_names(kind) if is_flat else kind.all_fields), *pairs]


# ---- reading -------------------------------------------------------------------------------------------------


def read_shape(
    kind: Kind, params, problems: list[Problem], *, usual: Sequence[str] = (), is_minor=False, language="ko"
) -> ShapeAsked:
    """What the query of an address (a QueryDict) asks of the shape. What is wrong with it is added to `problems`.

    `usual`: the fields that are shown where none are asked for, if they are not all.
    """
    return _Reading(kind, params, problems, usual).read(is_minor, language)


def given(params, name: str) -> list[str]:
    """The names that a parameter lists, each once."""
    words = (word.strip() for value in params.getlist(name) for word in value.split(","))
    return list(dict.fromkeys(filter(None, words)))


class _Reading:
    """One question's `fields`, `omit`, `include` and `flat`; "" stands for the record itself, else the path of an include."""

    def __init__(self, kind: Kind, params, problems: list[Problem], usual: Sequence[str]):
        self.kind, self.params, self.problems, self.usual = kind, params, problems, usual
        self.paths = includes_of(kind)
        self.is_flat = self._yes_or_no("flat")
        self.included: dict[str, None] = {}  # paths, those on the way to others too

    def read(self, is_minor: bool, language: str) -> ShapeAsked:
        for path in given(self.params, "include"):
            if path in self.paths:
                self._include(path)
            else:
                self._refuse("include", self._no_include(path), "not_a_choice")
        shown = self._named("fields", implying=True)
        if self.usual and not given(self.params, "fields"):
            shown[""] = dict.fromkeys(one for name in self.usual for one in self._fields(self.kind, name))
        left_out = self._named("omit")
        for path in self.included:
            if self.is_flat and self.paths[path] is None:
                self._refuse("include", _many_kinds(path), "conflict")
            before, _dot, name = path.rpartition(".")
            if name in left_out.get(before, ()):
                said = _("“%s” is asked for by “include” or “fields” and left out by “omit”.") % path
                self._refuse("omit", said, "conflict")
        for path, names in shown.items():
            if both := [name for name in names if name in left_out.get(path, ())]:
                said = _("“%s” is asked for by “fields” and left out by “omit”.") % ", ".join(both)
                self._refuse("omit", said, "conflict")
        alike = whole(None, is_flat=self.is_flat, is_minor=is_minor, language=language)
        return self._part("", self.kind, shown, left_out, alike)

    def _part(self, path: str, kind: Kind | None, shown: dict, left_out: dict, alike: ShapeAsked) -> ShapeAsked:
        """What is shown of the records at the end of this path."""
        if kind is None:
            return alike
        usual = flat_names(kind) if self.is_flat else tuple(kind.all_fields)
        names = tuple(n for n in shown.get(path, usual) if n not in left_out.get(path, ()))
        inside = [p for p in self.included if p.rpartition(".")[0] == path]
        parts = tuple((p.rpartition(".")[2], self._part(p, self.paths[p], shown, left_out, alike)) for p in inside)
        if not (names or parts or self.problems):
            self._refuse("omit", _("Nothing would be left."), "conflict")
        return replace(alike, kind=kind, names=names, inside=parts)

    def _named(self, parameter: str, *, implying: bool = False) -> dict[str, dict[str, None]]:
        """The fields that a parameter names, by the path of their record."""
        found: dict[str, dict[str, None]] = {}
        for word in given(self.params, parameter):
            path, _dot, name = word.rpartition(".")
            kind = self.paths.get(path) if path else self.kind
            names = self._fields(kind, name) if kind else ()
            if implying:
                found |= {on_the_way: {} for on_the_way in self._imply(path) if on_the_way not in found}
            if not names or (path and path not in self.included):
                self._refuse(parameter, self._no_field(word), "unknown_field")
            found.setdefault(path, {}).update(dict.fromkeys(names))
        return found

    def _fields(self, kind: Kind, name: str) -> Sequence[str]:
        """The fields of a row behind a name: a field, a pair such as `title`; in a table its labels too."""
        fields = [f for one in behind(kind, name) if (f := kind.all_fields.get(one))]
        if self.is_flat:
            of = kind.all_fields.get(name.removesuffix(LABEL))
            is_label = not fields and of and has_label(of) and name.endswith(LABEL)
            return (name,) if is_label else [one for f in fields for one in _with_label(f)]
        return [f.name for f in fields]

    def _imply(self, path: str) -> list[str]:
        """Includes what the named field stands in. What was not included before shows nothing else."""
        steps = path.split(".") if path in self.paths else []
        ways = [".".join(steps[: n + 1]) for n in range(len(steps))]
        new = [way for way in ways if way not in self.included]
        self.included |= dict.fromkeys(ways)
        return ["", *new]

    def _include(self, path: str) -> None:
        before = path.rpartition(".")[0]
        if before:
            self._include(before)
        self.included[path] = None

    def _yes_or_no(self, name: str) -> bool:
        value = self.params.get(name, "")
        if value not in (*YES, *NO):
            self._refuse(name, not_allowed(name, value, ("1", "0")), "not_a_choice")
        return value in YES

    def _no_include(self, path: str) -> str:
        if path.count(".") >= DEEPEST:
            return _("“%s” leads too far: records stand inside others two deep at most.") % path
        return not_allowed("include", path, self.paths)

    def _no_field(self, word: str) -> str:
        path, _dot, name = word.rpartition(".")
        of = self.kind.all_fields.get(name) or self.kind.all_fields.get(name.removesuffix(LABEL))
        if not path and not self.is_flat and name.endswith(LABEL) and of and has_label(of):
            return _("“%s” is a column of a table: ask for it with flat=1.") % word
        if path and path not in self.paths:
            return not_allowed("include", path, self.paths)
        if path and self.paths[path] is None:
            return _many_kinds(path)
        kind = self.paths[path] if path else self.kind
        if path and self._fields(kind, name):
            return _("“%(name)s” is not shown anyway: “%(path)s” is not included.") % {"name": word, "path": path}
        prefix = f"{path}." if path else ""
        return no_such_field(word, [prefix + one for one in takes_fields(kind, is_flat=self.is_flat)])

    def _refuse(self, parameter: str, said: str, code: str) -> None:
        self.problems.append(Problem(parameter, said, code))


def _many_kinds(path: str) -> str:
    return _(
        "“%s” leads to records of many kinds, whose fields differ: they can be included as they are, not field by field or"
        " in a table. In a table its label stands beside its id."
    ) % path  # fmt: skip


def no_such_field(name: str, there_are: Iterable[str]) -> str:
    names = list(there_are)
    said = _("There is no field “%(name)s”; there are: %(all)s.") % {"name": name, "all": ", ".join(names)}
    return f"{said} {near}" if (near := did_you_mean(name, names)) else said
