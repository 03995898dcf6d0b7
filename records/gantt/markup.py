"""The large timeline as SVG and as a table: what is written hundreds of times on a page, as plain functions."""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from .. import dates
from .axis import TOP, Text
from .bars import Piece
from .geometry import Drawing, Row, Strip
from .lanes import Lane, Mark
from .tracks import BAR, Drawn

FINGER = 26  # how high what leads somewhere is in a narrow drawing


def drawing_html(drawing: Drawing) -> SafeString:
    """The strips of a drawing, one SVG each; gradients and hatching stand in the first."""
    return SafeString("".join(_strip(drawing, strip, n) for n, strip in enumerate(drawing.strips)))


def _strip(drawing: Drawing, strip: Strip, n: int) -> str:
    size = f'viewBox="0 0 {drawing.width} {strip.height:g}"'
    said = escape(_("Timeline. The same stands as a table beneath it."))
    rows = "".join(_row(drawing, row) for row in strip.rows)
    return (
        f'<svg class="draw gantt {drawing.name}" {size} role="group" aria-label="{said}">'
        f"{_fills(drawing.name) if n == 0 else ''}{_axis(drawing, strip)}"
        f'<g role="list">\n{rows}</g>{_today(strip)}</svg>\n'
    )


def _fills(name: str) -> str:
    stop = '<stop offset="{}" stop-color="var(--{})" stop-opacity="{}"/>'
    fades = "".join(
        f'<linearGradient id="g-{name}-{side}{kind}">{stop.format(0, colour, a)}{stop.format(1, colour, b)}</linearGradient>'
        for side, a, b in (("fade-left", 0.04, 1), ("fade-right", 1, 0.04))
        for kind, colour in (("", "real"), ("-plan", "plan"))
    )
    return (
        f'<defs>{fades}<pattern id="g-{name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect class="base" width="6" height="6"/>'
        '<line class="stripe" x1="0" x2="0" y1="0" y2="6"/></pattern></defs>'
    )


def _axis(drawing: Drawing, strip: Strip) -> str:
    lines = "".join(
        f'<line class="{look}" x1="{x:g}" x2="{x:g}" y1="{top}" y2="{strip.bottom:g}"/>'
        for look, places, top in (("g unit", strip.units, TOP - 4), ("g", strip.years, 2))
        for x in places
    )
    edge = f'<line class="g" x1="0" x2="{drawing.width}" y1="{TOP - 1}" y2="{TOP - 1}"/>'
    return f'<g aria-hidden="true">{lines}{edge}{"".join(_text(label, shift=3) for label in strip.labels)}</g>\n'


def _today(strip: Strip) -> str:
    if strip.today_x is None:
        return ""
    line = '<line class="today" x1="{0:g}" x2="{0:g}" y1="{1}" y2="{2:g}"/>'
    return line.format(strip.today_x, TOP - 4, strip.bottom + 2) + _text(strip.today)


# ---- rows ------------------------------------------------------------------------------------------


def _row(drawing: Drawing, row: Row) -> str:
    lane, height = row.lane, f"{row.height:g}"
    rule = f'<line class="g" x1="0" x2="{drawing.width}" y1="0" y2="0"/>' if lane.is_head else ""
    back = f'<rect class="row" width="{drawing.width}" height="{height}"/>'
    marks = "".join(_mark(drawing, one) for one in row.drawn)
    name = f"{drawing.name}-{lane.key}"
    return (
        f'<g role="listitem" id="{escape(name)}" transform="translate(0 {row.y:g})">{back}{rule}{_toggle(drawing, row)}{_words(drawing, row)}'
        f"{_arrows(drawing, row)}{marks}</g>\n"
    )


def _toggle(drawing: Drawing, row: Row) -> str:
    """A triangle that leads to the same page with the lane open or folded; of a lane with no page its label too."""
    toggle = row.lane.toggle
    if not toggle:
        return ""
    x, size = row.toggle_x, drawing.toggle
    high = FINGER if not drawing.is_wide else row.height if row.height < 40 else 27
    middle = 13.5 if drawing.is_wide else 12
    at = x + size / 2 - 4
    way = f"M{at:g} {middle - 2.5:g}h9l-4.5 5.5z" if toggle.is_open else f"M{at + 1.5:g} {middle - 4.5:g}v9l5.5-4.5z"
    return (
        f'<a class="fold" href="{escape(toggle.href)}#{escape(f"{drawing.name}-{row.lane.key}")}"'
        f' aria-label="{escape(toggle.name)}" aria-expanded="{str(toggle.is_open).lower()}"><title>{escape(toggle.name)}</title>'
        f'<rect class="hit" x="{x:g}" width="{size}" height="{high:g}"/><path d="{way}"/></a>'
    )


def _words(drawing: Drawing, row: Row) -> str:
    label, *others = row.texts
    full = f"<title>{escape(row.lane.label)}</title>" if label.text != row.lane.label else ""
    said = _text(label, inside=full)
    if row.lane.href:
        width = max(label.width, 24)
        hit = f'<rect class="hit" x="{label.x:g}" width="{width:g}" height="{FINGER}"/>'
        said = f'<a class="to" href="{escape(row.lane.href)}">{hit if not drawing.is_wide else ""}{said}</a>'
    return said + "".join(_text(text) for text in others)


def _arrows(drawing: Drawing, row: Row) -> str:
    """Small triangles where marks go on outside the window."""
    y = row.middle
    shapes = {-1: f"M{drawing.left:g} {y:g}l5-4v8z", 1: f"M{drawing.right:g} {y:g}l-5-4v8z"}
    said = {-1: _("earlier"), 1: _("later")}
    places = {-1: f"M{drawing.left - 7:g} {y:g}l5-4v8z", 1: f"M{drawing.right + 7:g} {y:g}l-5-4v8z"}
    shapes = places if drawing.is_wide else shapes
    return "".join(
        f'<path class="on" d="{shapes[side]}"><title>{escape(said[side])}</title></path>' for side in row.arrows
    )


def _mark(drawing: Drawing, one: Drawn) -> str:
    mark = one.mark
    shapes = "".join(_piece(drawing, one, piece) for piece in one.laid.pieces)
    if one.laid.whisker:
        a, b = one.laid.whisker
        shapes += f'<path class="whisker" d="M{a:g} {one.y:g}H{b:g}M{a:g} {one.y - 4:g}v8M{b:g} {one.y - 4:g}v8"/>'
    if one.laid.moved:
        was, now = one.laid.moved
        shapes += f'<path class="moved" d="M{was:g} {one.y - 4:g}v8M{was:g} {one.y:g}H{now:g}"/>'
    if one.laid.overrun:
        a, b = one.laid.overrun
        shapes += f'<line class="overrun" x1="{a:g}" x2="{b:g}" y1="{one.y:g}" y2="{one.y:g}"/>'
    if one.laid.point is not None:
        shapes += f'<path class="{_look(mark, "point")}" d="M{one.laid.point:g} {one.y - 6:g}l6 6-6 6-6-6z"/>'
    word = _text(one.word) if one.word else ""
    said = escape(" · ".join(_said(each) for each in (mark, *one.others)))
    if mark.href and drawing.is_wide:
        x, end = one.laid.reach
        hit = f'<rect class="hit" x="{x - 2:g}" y="{one.y - 9:g}" width="{end - x + 4:g}" height="18"/>'
        return f'<a class="mark" href="{escape(mark.href)}"><title>{said}</title>{hit}{shapes}{word}</a>'
    return f'<g role="img" aria-label="{said}"><title>{said}</title>{shapes}</g>{word}'


def _look(mark: Mark, shape: str) -> str:
    return shape + (" planned" if mark.is_planned else "") + (" late" if mark.is_late else "")


def _piece(drawing: Drawing, one: Drawn, piece: Piece) -> str:
    if piece.look.startswith("fade"):
        fill = f"url(#g-{drawing.name}-{piece.look}{'-plan' if one.mark.is_planned else ''})"
    else:
        fill = f"url(#g-{drawing.name}-hatch)" if one.mark.is_planned else "var(--real)"
    if one.mark.is_summary:
        fill = "var(--edge)"
    look = _look(one.mark, "loose" if piece.look == "loose" else "bar-piece")
    high = 4 if one.mark.is_summary else BAR
    place = f'x="{piece.x:g}" y="{one.y - high / 2:g}" width="{piece.width:g}" height="{high}"'
    return f'<rect class="{look}" {place} fill="{fill}"/>'


def _text(text: Text, *, shift: int = 0, inside: str = "") -> str:
    if not text.text:
        return ""
    look = f' class="{text.look}"' if text.look else ""
    anchor = ' text-anchor="end"' if text.anchor == "end" else ""
    return f'<text{look} x="{text.x + shift:g}" y="{text.y:g}"{anchor}>{escape(text.text)}{inside}</text>'


# ---- in words --------------------------------------------------------------------------------------


def _said(mark: Mark) -> str:
    """A mark for those who do not see it: what, when, and how it stands."""
    return ", ".join(part for part in (mark.name, mark.when, how(mark)) if part)


def first_planned(mark: Mark) -> str:
    """For when it was first planned, where it moved since."""
    shown = dates.show(mark.was.text, get_language() or "ko") if mark.was else ""
    return _("first planned for %(day)s") % {"day": shown} if shown else ""


def how(mark: Mark) -> str:
    """Planned or real, and late, as words; how many it stands for."""
    parts = [] if mark.is_summary else [_("planned") if mark.is_planned else _("real")]
    if mark.is_late:
        parts.append(mark.late_by or _("late"))
    if moved := first_planned(mark):
        parts.append(moved)
    if mark.count > 1:
        parts.append(ngettext("%(count)d entry", "%(count)d entries", mark.count) % {"count": mark.count})
    return ", ".join(parts)


def table_html(lanes: Iterable[Lane]) -> SafeString:
    """The rows of the table that says the same: each lane with its own fact, and beneath it the marks upon it."""
    return SafeString("".join(_table_rows(lane) for lane in lanes))


def _table_rows(lane: Lane) -> str:
    name = f'<a href="{escape(lane.href)}">{escape(lane.label)}</a>' if lane.href else escape(lane.label)
    note = f' <span class="soft">{escape(lane.note)}</span>' if lane.note else ""
    fold = f' <a class="fold" href="{escape(lane.toggle.href)}">{escape(lane.toggle.name)}</a>' if lane.toggle else ""
    own = lane.marks[0] if lane.marks and not lane.is_head and _is_own(lane) else None
    first = _table_row(lane.depth, name + note + fold, lane.told, how(own) if own else "", lane.is_head)
    rest = lane.marks[1:] if own else lane.marks
    return first + "".join(_table_row(lane.depth + 1, _linked(mark), mark.when, how(mark)) for mark in rest)


def _is_own(lane: Lane) -> bool:
    """Whether the lane's first mark is what the lane itself is about."""
    return lane.marks[0].when == lane.told


def _linked(mark: Mark) -> str:
    return f'<a href="{escape(mark.href)}">{escape(mark.name)}</a>' if mark.href else escape(mark.name)


def _table_row(depth: int, what: str, when: str, how: str, is_head: bool = False) -> str:
    tree = f' class="tree depth-{depth}"' if depth else ""
    head = ' class="head"' if is_head else ""
    return f'<tr{head}><th scope="row"><div{tree}>{what}</div></th><td>{escape(when)}</td><td>{escape(how)}</td></tr>\n'
