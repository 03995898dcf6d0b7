"""Marks of one row on tracks: bars above, diamonds beneath, so that neither they nor their words touch one another."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..drawing import fitted, text_width
from .axis import Axis, Text
from .bars import Laid
from .lanes import Mark

BAR, TRACK = 12, 18
HALF, GAP = 6, 5  # of a diamond; between a mark and its word
MOST_BARS, MOST_POINTS = 4, 3  # tracks of one row; what finds no place shares one
AIR = 6
SHORT = 4  # letters; a word that would have to be cut shorter is left away
UPON = 12  # pixels; diamonds this close to one another may be drawn as one


@dataclass(frozen=True)
class Drawn:
    """A mark at its height, with its word where it has room."""

    mark: Mark
    laid: Laid
    y: float = 0  # the middle
    word: Text | None = None
    others: tuple[Mark, ...] = ()  # that are drawn as this one, since they lie as good as upon it


Track = list[Drawn]  # from left to right


def placed(shown: list[tuple[Mark, Laid]], y: float, axis: Axis) -> tuple[list[Drawn], float]:
    """These marks on their tracks, and where the last track ends."""
    bars, points = [], []
    for pair in sorted(shown, key=lambda pair: pair[1].reach):
        is_point = pair[0].is_point or pair[1].point is not None
        (points if is_point else bars).append(pair)
    above, beneath = _of_bars(bars, axis), _of_points(points, axis)
    below = y + len(above) * TRACK
    return [*_at(above, y), *_at(beneath, below)], below + len(beneath) * TRACK


def _at(tracks: list[Track], y: float) -> Iterable[Drawn]:
    """The marks of tracks at their heights, the first track at `y`."""
    for n, track in enumerate(tracks):
        middle = y + n * TRACK + TRACK / 2 - 1
        for one in track:
            yield replace(one, y=middle, word=replace(one.word, y=middle + 4) if one.word else None)


def _of_bars(shown: list[tuple[Mark, Laid]], axis: Axis) -> list[Track]:
    """Bars each where there is room for them and their words, else for themselves; of more than there is room for, over others."""
    tracks: list[Track] = []
    for mark, one in shown:
        if not (_put_with_word(tracks, MOST_BARS, mark, one, axis) or _put(tracks, MOST_BARS, mark, one)):
            min(tracks, key=_end).append(Drawn(mark, one))
    return tracks


def _of_points(shown: list[tuple[Mark, Laid]], axis: Axis) -> list[Track]:
    """Diamonds each with its word; where that would take the room of others, each where it is, and words where room is left."""
    tracks: list[Track] = []
    for mark, one in shown:
        if _put_with_word(tracks, MOST_POINTS, mark, one, axis) or _put(tracks, MOST_POINTS, mark, one):
            continue
        last = min((track[-1] for track in tracks), key=lambda last: (bool(last.word), last.laid.reach[1]))
        if abs(_place(last.laid) - _place(one)) > UPON:
            return _dense(shown, axis)
        _count_with(tracks, last, mark, axis)
    return tracks


def _dense(shown: list[tuple[Mark, Laid]], axis: Axis) -> list[Track]:
    """Diamonds on all tracks by turns; those that lie as good as upon one another as one."""
    tracks: list[Track] = [[] for _track in range(min(MOST_POINTS, len(shown)))]
    for mark, one in sorted(shown, key=lambda pair: _place(pair[1])):
        track = min(tracks, key=lambda track: _place(track[-1].laid) if track else -1)
        if track and _place(track[-1].laid) + 2 * HALF + 1 > _place(one):
            track = max(tracks, key=lambda track: _place(track[-1].laid) if track else -1)
            track[-1] = replace(track[-1], others=(*track[-1].others, mark))
        else:
            track.append(Drawn(mark, one))
    for track in tracks:
        for n, one in enumerate(track):
            until = (
                min(track[n + 1].laid.reach[0], _place(track[n + 1].laid) - HALF)
                if n + 1 < len(track)
                else axis.right + 2
            )
            if not any(before.laid.reach[1] > _after(one) for before in track[:n]):  # not on the line of a delay
                track[n] = _with_word(one, until, may_be_cut=True)
    return tracks


# ---- one mark -----------------------------------------------------------------------------------------


def _place(one: Laid) -> float:
    """Where the middle of a diamond is; of a delay whose beginning is outside, where its line begins."""
    return one.point if one.point is not None else one.reach[0]


def _after(one: Drawn) -> float:
    """Where the word of a mark begins."""
    return one.laid.reach[1] + GAP


def _end(track: Track) -> float:
    """Where the last mark of a track and its word end."""
    last = track[-1]
    is_right = last.word is not None and last.word.anchor == "start"
    return max(*(one.laid.reach[1] for one in track), last.word.x + last.word.width + 1 if is_right else 0)


def _put(tracks: list[Track], most: int, mark: Mark, one: Laid) -> bool:
    """Whether there was room for it without its word."""
    return _add(tracks, most, Drawn(mark, one), one.reach[0])


def _put_with_word(tracks: list[Track], most: int, mark: Mark, one: Laid, axis: Axis) -> bool:
    """Whether there was room for it and its word, which stands on the right, or at the right edge on the left."""
    if not mark.words:
        return False
    drawn = Drawn(mark, one)
    begins, width = one.reach[0], text_width(mark.words)
    if _after(drawn) + width <= axis.right:
        return _add(tracks, most, replace(drawn, word=Text(mark.words, _after(drawn), 0, look=_look(mark))), begins)
    word = Text(mark.words, begins - GAP, 0, "end", _look(mark))
    return word.box[0] >= axis.left and _add(tracks, most, replace(drawn, word=word), word.box[0] - 1)


def _add(tracks: list[Track], most: int, drawn: Drawn, begins: float) -> bool:
    """Whether one of so many tracks was free from there on."""
    for track in tracks:
        if _end(track) + 1 <= begins:
            track.append(drawn)
            return True
    if len(tracks) < most:
        tracks.append([drawn])
        return True
    return False


def _count_with(tracks: list[Track], last: Drawn, mark: Mark, axis: Axis) -> None:
    """Draw a mark as one with the last of a track."""
    track = next(track for track in tracks if track[-1] is last)
    track[-1] = _with_word(replace(last, others=(*last.others, mark)), axis.right + 2)


def _with_word(one: Drawn, until: float, *, may_be_cut: bool = False) -> Drawn:
    """With its word and how many it stands for besides, or that alone, where there is room until there."""
    if one.word and one.word.anchor == "end":
        return one
    count = f"+{len(one.others)}" if one.others else ""
    room = until - _after(one) - 2
    name = fitted(one.mark.words, room - text_width(f" {count}")) if may_be_cut else one.mark.words
    if name != one.mark.words and len(name) <= SHORT:
        name = ""
    for said, look in ((f"{name} {count}".strip(), _look(one.mark) if name else "s"), (count, "s")):
        if said and text_width(said) <= room:
            return replace(one, word=Text(said, _after(one), 0, look=look))
    return one


def _look(mark: Mark) -> str:
    return "late" if mark.is_late else "s"
