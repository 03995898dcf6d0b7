"""Names that are nearly what was typed: one letter too many, too few, another or two changed round; in long names two.

What is nearly so is worked out from what was typed and looked up among the spellings (spelled.py), so that nothing is kept
for it. Names are looked up with each letter mistyped in turn, long ones with each of their first half; of these all that begin with
the same half, or so in another order of their words, are compared besides. A Korean syllable is mistyped in one of its letters (쿤, 퀸).
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from .kinds import Kind
from .rights import Reader
from .spelled import PLACES, Probe, Spelled, look_up
from .spellings import FIRST_SYLLABLE, INITIALS, asked

LETTERS = "acefhijklmnopqstuvwxy"  # what remains of Latin letters as spellings are folded
VOWELS, FINALS = 21, 28
LONGEST_TRIED = 12  # letters in which each is mistyped in turn; of a longer name its first half
LONGEST_HALF = 16
OF_A_NAME = 2
EACH = 5  # names that begin with one mistyped text
ALIKE = 100  # spellings that begin with the same half are compared


def similar(text: str, kinds: Sequence[Kind], reader: Reader, within: UUID | None = None) -> list[Spelled]:
    """Names of these kinds that are nearly so, the nearest first."""
    typed = {folded for folded in asked(text) if _length(folded) >= 4}
    turned = {f for word in _turned(text) for f in asked(word) if _length(f) >= 8}
    tried = {variant for folded in typed for variant in _tried(folded)}
    halves = {_halves(folded)[0] for folded in typed | turned if _length(folded) >= 8}
    near: dict[UUID, tuple[int, int, Spelled]] = {}
    for one in look_up(_probes(kinds, (0,), tried), reader, within, each=EACH):
        longer = min(len(one.spelling) - n for n in range(len(one.spelling) + 1) if one.spelling[:n] in tried)
        near[one.id] = min(near.get(one.id, (99, 0, one)), (1, longer, one))
    for one in look_up(_probes(kinds, PLACES, halves), reader, within, each=ALIKE):
        for folded in typed | turned:
            if (distance := _distance(folded, one.spelling)) is not None:
                near[one.id] = min(near.get(one.id, (99, 0, one)), (*distance, one))
    return _of_each_name_some(one for *_distance_of, one in sorted(near.values()))


def _of_each_name_some(found: Iterable[Spelled]) -> list[Spelled]:
    """So that namesakes of one name do not hide another."""
    taken: Counter[str] = Counter()
    kept = []
    for one in found:
        taken[one.spelling] += 1
        if taken[one.spelling] <= OF_A_NAME:
            kept.append(one)
    return kept


def _probes(kinds: Sequence[Kind], places: Sequence[int], begins: Iterable[str]) -> list[Probe]:
    """Spellings that begin with one of these texts."""
    spans = [(begin, begin[:-1] + chr(ord(begin[-1]) + 1)) for begin in begins]
    return [Probe(kind.name, place, low, high) for kind in kinds for place in places for low, high in spans]


def _turned(text: str) -> Iterator[str]:
    """The same words, beginning with another one."""
    words = text.split()
    yield from (" ".join(words[n:] + words[:n]) for n in range(1, min(len(words), 4)))


def _length(folded: str) -> int:
    """In letters: a syllable is two at least."""
    return sum(2 if _is_syllable(letter) else 1 for letter in folded)


def _is_syllable(letter: str) -> bool:
    return FIRST_SYLLABLE <= ord(letter) < FIRST_SYLLABLE + len(INITIALS) * VOWELS * FINALS


# ---- mistyped ------------------------------------------------------------------------------------------


def _tried(folded: str) -> set[str]:
    if len(folded) <= LONGEST_TRIED:
        return set(_mistyped(folded))
    first, second = _halves(folded)
    return {variant + second for variant in _mistyped(first)} if len(first) <= LONGEST_HALF else set()


def _halves(folded: str) -> tuple[str, str]:
    middle = len(folded) // 2
    return folded[:middle], folded[middle:]


def _mistyped(folded: str) -> Iterator[str]:
    """Every text that is one mistake away, of two letters at least."""
    for n, letter in enumerate(folded):
        before, after = folded[:n], folded[n + 1 :]
        if len(folded) > 2:
            yield before + after
        if after:
            yield before + after[0] + letter + after[1:]
        for other in _other_syllables(letter) if _is_syllable(letter) else LETTERS:
            yield before + other + after
    if folded.isascii():
        for n in range(1, len(folded) + 1):
            yield from (folded[:n] + letter + folded[n:] for letter in LETTERS)


def _other_syllables(syllable: str) -> Iterator[str]:
    """Syllables with another initial, vowel or final."""
    code = ord(syllable) - FIRST_SYLLABLE
    block, final = divmod(code, FINALS)
    initial, vowel = divmod(block, VOWELS)
    made = [(i, vowel, final) for i in range(len(INITIALS))]
    made += [(initial, v, final) for v in range(VOWELS)] + [(initial, vowel, f) for f in range(FINALS)]
    for i, v, f in made:
        yield chr(FIRST_SYLLABLE + (i * VOWELS + v) * FINALS + f)


# ---- compared ------------------------------------------------------------------------------------------


def _distance(folded: str, spelling: str) -> tuple[int, int] | None:
    """How many mistakes lie between what was typed and a spelling, or how it begins, and how much longer it is. None: too many.

    They are counted in letters; in a long Korean name a whole syllable may be one.
    """
    one, other = (unicodedata.normalize("NFD", text) for text in (folded, spelling))
    found = [_mistakes(one, other, 1 if len(one) < 8 else 2)]
    if one != folded and len(folded) >= 4:
        found.append(_mistakes(folded, spelling, 1))
    return min((distance for distance in found if distance is not None), default=None)


def _mistakes(one: str, other: str, most: int) -> tuple[int, int] | None:
    row = list(range(len(other) + 1))
    above: list[int] = []
    for n, letter in enumerate(one, 1):
        before, above, row = above, row, [n]
        for m, against in enumerate(other, 1):
            cost = min(above[m] + 1, row[m - 1] + 1, above[m - 1] + (letter != against))
            if n > 1 < m and letter == other[m - 2] and one[n - 2] == against:
                cost = min(cost, before[m - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    if row[-1] <= most:
        return row[-1], 0
    begins = min(row[max(0, len(one) - most) : len(one) + most + 1])
    return (begins, len(other) - len(one)) if begins <= most and len(one) >= 5 else None
