"""Texts as they are searched: folded, and cut into the pieces that an index holds.

Folded: compatible forms made one (NFKC), small letters, no spaces or punctuation, so that “휴머노이드 로봇” and
“휴머노이드로봇”, “MIT-CSAIL” and “mit csail” are the same. All that a row is searched by is one text: each name and other
name between two marks. A word is found inside, a name that begins with it behind a mark, an exact one between two.

The index holds what stands at each place of that text: four neighbouring characters where all are Latin letters or
figures, otherwise three and, of two syllables, these two; and of long numbers every eight. That is about as rare in either
writing. A word that is such a piece is looked up at once, a longer one is found by all of its pieces, a shorter one as the
beginning of some: so one syllable is found as well, and no extension is needed.

The functions stand in the database (migrations `folding` and `pieces`), since it folds what is kept and what is asked alike.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import BooleanField, F, Func, IntegerField, TextField, Value

MARK = "\x1f"
LEFT_OUT = (  # what remains of spaces, punctuation and signs after NFKC; the mark itself is no part
    r"[\u0001-\u001e -/:-@\[-`{-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u30fb]+"
)


def folded(text: str) -> str:
    """What `registry_folded` makes of one text, without marks."""
    return re.sub(LEFT_OUT, "", unicodedata.normalize("NFKC", text).lower()).replace(MARK, "")


def text_of(names, lists=()) -> Func:
    """All texts in these columns as one, folded; `lists` names those that are arrays (one at most)."""
    others = F(lists[0]) if lists else Value(None)
    return Func(others, *(F(name) for name in names), function="registry_folded", output_field=TextField())


def grams_of(names, lists=()) -> Func:
    return Func(text_of(names, lists), function="registry_grams", output_field=SearchVectorField())


def searched_by(kind: str, *names: str, aliases: bool = True) -> GinIndex:
    """Index for a kind's search by its own columns, as its declaration names them; `aliases` where it has other names."""
    return GinIndex(grams_of(names, ("aliases",) if aliases else ()), name=f"{kind}_searched")


@dataclass(frozen=True)
class Piece:
    """What a folded text may have: a word inside it, the beginning of a name, a whole name. Marks are left in."""

    sql: Func
    folded: str

    @property
    def is_known(self) -> bool:
        """Whether the index alone can tell who has it. The pieces of a longer one may stand apart."""
        return len(self.folded) <= (4 if self.folded.isascii() else 3)

    @property
    def is_beginning(self) -> bool:
        """Whether the index is asked for all pieces that begin so."""
        return len(self.folded) < (4 if self.folded.isascii() else 2)

    @property
    def is_letter(self) -> bool:
        """Whether it is a single Latin letter or a figure."""
        return len(self.folded) == 1 and self.folded.isascii()


def whole(text: str) -> Piece:
    return Piece(_marked(text), f"{MARK}{folded(text)}{MARK}")


def beginning(text: str) -> Piece:
    sql = Func(_marked(text), Value(MARK), function="rtrim", output_field=TextField())
    return Piece(sql, f"{MARK}{folded(text)}")


def inside(word: str) -> Piece:
    sql = Func(_marked(word), Value(MARK), function="btrim", output_field=TextField())
    return Piece(sql, folded(word))


def _marked(text: str) -> Func:
    return Func(Value(None), Value(text), function="registry_folded", output_field=TextField())


class _Has(Func):
    template = "strpos(%(expressions)s) <> 0"
    output_field = BooleanField()


class _HasNot(_Has):
    template = "least(strpos(%(expressions)s), 1) <> 1"


class _Mentions(Func):
    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()


def has(text: Func, piece: Piece) -> Func:
    """Whether a folded text has this piece. Either way in words of which the planner thinks that most rows answer."""
    return _Has(text, piece.sql)


def has_not(text: Func, piece: Piece) -> Func:
    return _HasNot(text, piece.sql)


def band_of(text: Func, asked: str) -> Func:
    """How well a folded text answers: 0 where a name is what is asked, 1 where one begins so, otherwise 2."""
    return Func(text, _marked(asked), function="registry_band", output_field=IntegerField())


def mentions(grams: Func, piece: Piece, is_common: bool = False) -> Func:
    """Whether the index says that a text may have this piece.

    The planner multiplies how often each part of a word occurs, as if they had nothing to do with each other, and expects
    next to none of a long word. So it is shown the word only where the index is not to be asked first: `is_common`.
    """
    template = "%(function)s(%(expressions)s)" if is_common else "(SELECT %(function)s(%(expressions)s))"
    asked = Func(piece.sql, function="registry_query", template=template, output_field=SearchQueryField())
    return _Mentions(grams, asked)
