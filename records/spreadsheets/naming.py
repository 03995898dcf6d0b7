"""Which records the cells of a file name: by id or slug, or by a name that is only one record's. Asked as a set."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from ..base import Record
from ..kinds import Field, Kind, Type, kind_of, kinds
from ..labels import labels_of
from ..rights import Reader
from ..spellings import LONGEST
from ..suggesting import described, plain, suggest

SHOWN = 4  # records that are offered instead
MOST_OFFERED = 30  # texts of one field for which some are: each costs a search


class Names:
    """What the cells of one reference field name. `ids`: by text. `wrong`: the sentence for a text that names none, or several.

    `retired`: those of the records that are, found by their key: they may stay where they stand, and come nowhere else.
    """

    def __init__(self, field: Field, texts: Iterable[str], reader: Reader):
        self.field, self.reader = field, reader
        self.kinds = list(kinds().values()) if field.type is Type.RECORD else [kind_of(field.target)]
        self.wrong: dict[str, str] = {}
        self.retired: set[UUID] = set()
        texts = {text for text in texts if text}
        self.ids: dict[str, UUID] = self._by_key(texts)
        self._called: dict[str, set[UUID]] = self._by_name(texts - set(self.ids))
        for text, found in self._called.items():
            if len(found) == 1:
                self.ids[text] = next(iter(found))
        self._explain(sorted(texts - set(self.ids)))

    def _by_key(self, texts: set[str]) -> dict[str, UUID]:
        by_id = {text: id for text in texts if (id := as_id(text))}
        found: dict[str, UUID] = {}
        if by_id:
            rows = Record.objects if self.field.type is Type.RECORD else self.kinds[0].model.objects
            known = self._known(rows, "id", set(by_id.values()))
            found = {text: known[id] for text, id in by_id.items() if id in known}
        for kind in self.kinds:
            if kind.has_slug:
                found |= self._known(kind.model.objects, "slug", texts - set(by_id))
        return found

    def _known(self, rows, name: str, keys: set) -> dict[object, UUID]:
        seen = rows.with_retired_visible_to(self.reader).filter(**{f"{name}__in": keys})
        known = list(seen.order_by("-is_retired").values_list(name, "id", "is_retired"))
        self.retired |= {id for _key, id, is_retired in known if is_retired}
        return {key: id for key, id, _is_retired in known}

    def _by_name(self, texts: set[str]) -> dict[str, set[UUID]]:
        """For each text the records that have it for a name, as forms take one: without regard to capitals and spaces."""
        named = [kind for kind in self.kinds if kind.label_base in kind.label]
        if not texts or not named:
            return {}
        wanted: dict[str, set[str]] = defaultdict(set)
        for text in texts:
            wanted[plain(text)].add(text)
        found: dict[str, set[UUID]] = defaultdict(set)
        for kind in named:
            rows = kind.model.objects.visible_to(self.reader).filter(_spelled(kind, texts))
            base = kind.label_base
            for id, ko, en, aliases in rows.values_list("id", f"{base}_ko", f"{base}_en", "aliases"):
                for name in filter(None, (ko, en, *aliases)):
                    for text in wanted.get(plain(name), ()):
                        found[text].add(id)
        return found

    def _explain(self, texts: list[str]) -> None:
        for n, text in enumerate(texts):
            several = self._called.get(text, set())
            if several:
                offered = described(sorted(several)[:SHOWN], kinds=self.kinds, reader=self.reader)
                sentence = _("Several records are called “%(text)s”: %(all)s. Write the key of the one that is meant.")
            else:
                named = [kind for kind in self.kinds if kind.label_base in kind.label]
                is_asked = n < MOST_OFFERED and named and not as_id(text)
                offered = suggest(text, kinds=named, reader=self.reader, limit=SHOWN) if is_asked else []
                sentence = _("There is no record “%(text)s”. The nearest: %(all)s.")
            if offered:
                self.wrong[text] = sentence % {"text": text, "all": "; ".join(map(_offered, offered))}
            else:
                self.wrong[text] = _("There is no record “%s” here that could be named, or it is retired.") % text

    def misnamed(self, pairs: set[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
        """Of these (record, what a file calls it): those where the record is not called so, and never was.

        Only of records that have a name of their own: nobody names a role by what its label is made of.
        """
        by_kind = defaultdict(set) | ({} if self._is_any else {self.kinds[0].name: {id for id, _text in pairs}})
        labels = labels_of(by_kind, {id for id, _text in pairs} if self._is_any else set(), self.reader)
        doubtful: dict[Kind, dict[UUID, set[str]]] = defaultdict(lambda: defaultdict(set))
        for id, text in pairs:
            label = labels.get(id)
            kind = label and kinds()[label.kind]
            if kind and kind.label_base in kind.label and plain(text) not in (plain(label.ko), plain(label.en)):
                doubtful[kind][id].add(text)
        return {pair for kind, texts in doubtful.items() for pair in _never_called(kind, texts)}

    @property
    def _is_any(self) -> bool:
        return self.field.type is Type.RECORD


def _never_called(kind: Kind, texts: dict[UUID, set[str]]) -> set[tuple[UUID, str]]:
    """Of these texts by record: those that no version of the record has among its names."""
    base, table = kind.label_base, kind.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT id, {base}_ko, {base}_en, aliases FROM {schema}.{table} WHERE id = ANY(%(ids)s)"
                for schema in ("public", "history")
            ),
            {"ids": list(texts)},
        )
        called = {(id, plain(name)) for id, ko, en, aliases in cursor.fetchall() for name in (ko, en, *aliases) if name}
    return {(id, text) for id, some in texts.items() for text in some if (id, plain(text)) not in called}


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) >= 32 else None
    except ValueError:
        return None


def _offered(one) -> str:
    apart = f", {one.apart}" if one.apart else ""
    return f"{one}{apart} [{one.label.key}]"


def _spelled(kind: Kind, texts: set[str]):
    """The condition for records of a kind whose names may be one of these: those that are spelled alike."""
    texts = sorted(text for text in texts if "\x00" not in text)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc(%s)", [f"history.respell_{kind.model._meta.db_table}"])
        if cursor.fetchone()[0] is None:  # a kind whose names nobody types often, as those of funding lines
            base = kind.label_base
            return Q(**{f"{base}_ko__in": texts}) | Q(**{f"{base}_en__in": texts}) | Q(aliases__overlap=texts)
        cursor.execute(
            "SELECT DISTINCT s.record_id FROM unnest(%s::text[]) t(text), unnest(spelling_asked(t.text)) f(folded)"
            " JOIN records_spelling s ON s.spelling = left(f.folded, %s) AND s.kind = %s AND s.place = 0",
            [texts, LONGEST, kind.name],
        )
        return Q(id__in=[id for (id,) in cursor.fetchall()])
