"""What a page writes hundreds of times, as plain functions: cells, the numbers of their sources, the rows of tables and timelines.

A template that is included for each cell costs more than all the rest of a page.
"""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .drawing import Row, Segment, Timeline
from .money_bars import DrawnBar, DrawnGroup, MoneyBars
from .showing import Cell, Line, Notes


def cell_html(cell: Cell) -> SafeString:
    """One value with its link, its language, the numbers of its sources, and what stands beneath it."""
    sub = f'<span class="sub" lang="{cell.sub_lang}">{escape(cell.sub)}</span>' if cell.sub else ""
    mark = mark_html(cell.lang) if cell.lang else ""
    return SafeString(_value(cell) + mark + notes_html(cell.notes) + sub)


def _value(cell: Cell) -> str:
    if cell.is_unstated:
        return unstated_html()
    text, lang = escape(cell.text), f' lang="{cell.lang}"' if cell.lang else ""
    if cell.chip:
        return f'<span class="{cell.chip}">{text}</span>'
    if cell.href:
        return f'<a href="{escape(cell.href)}"{lang}>{text}</a>'
    if lang:
        return f"<span{lang}>{text}</span>"
    if cell.is_short:
        return f'<span class="nowrap">{text}</span>'
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>")


def unstated_html() -> SafeString:
    return SafeString(f'<span class="un">{_("not in the sources")}</span>')


def mark_html(lang: str) -> SafeString:
    """Says that a text is in the other language."""
    why = _("Only an English text is known") if lang == "en" else _("Only a Korean text is known")
    return SafeString(f'<small class="mark" title="{why}"><span aria-hidden="true">{lang.upper()}</span></small>')


def notes_html(notes: Notes) -> SafeString:
    """The numbers of the sources in the margin, how certain they are, and the way to where they differ."""
    if not notes:
        return SafeString("")
    said = _("Source %(n)s")
    links = "".join(f'<a href="#s{n}" aria-label="{said % {"n": n}}">{n}</a>' for n in notes.numbers)
    numbers = f'<sup class="src">{links}</sup>' if links else ""
    certainty = f' <span class="sure">{escape(notes.certainty)}</span>' if notes.certainty else ""
    return SafeString(numbers + certainty + _dispute(notes))


def _dispute(notes: Notes) -> str:
    if not notes.dispute:
        return ""
    word = _("sources differed") if notes.is_settled else _("sources differ")
    why = _("Sources differed; it was decided") if notes.is_settled else _("Sources differ; not decided yet")
    return f' <a class="{"settled" if notes.is_settled else "disputed"}" href="{escape(notes.dispute)}" title="{why}">{word}</a>'


def rows_html(lines: Iterable[Line], selects: bool = False) -> SafeString:
    """The rows of a folding table; with `selects` each can be ticked for editing many at once."""
    return SafeString("".join(f'<tr role="row">{_cells(line, selects)}</tr>\n' for line in lines))


def _cells(line: Line, selects: bool) -> str:
    first, *others = line.cells
    tree = f' class="tree depth-{line.depth}"' if line.depth else ""
    box = _box(line) if selects else ""
    return f'<td role="cell" class="{_class(first)}"><div{tree}>{box}{cell_html(first)}</div></td>' + "".join(
        f'<td role="cell" class="{_class(cell)}" data-head="{escape(capfirst(cell.head))}"><div>{cell_html(cell)}</div></td>'
        for cell in others
    )


def _class(cell: Cell) -> str:
    return ("n" if cell.is_number else "") + (" blank" if cell.is_blank else "")


def _box(line: Line) -> str:
    said = escape(_("Select %(name)s") % {"name": line.name})
    return f'<input type="checkbox" form="bulk" name="id" value="{line.id}" aria-label="{said}"> '


# ---- rows of drawings, in SVG ------------------------------------------------------------------------------------------


def timeline_rows_html(drawing: Timeline) -> SafeString:
    """The rows of a timeline: a label, its date, and a bar or a point."""
    return SafeString("".join(_timeline_row(drawing.name, row) for row in drawing.rows))


def _timeline_row(name: str, row: Row) -> str:
    title = f"<title>{escape(row.title)}</title>" if row.label != row.title else ""
    whisker = (
        '<line class="whisker" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>'.format(*row.whisker, row.middle)
        if row.whisker
        else ""
    )
    point = (
        f'<path class="point{" planned" if row.is_planned else ""}" d="{row.diamond}"/>'
        if row.point_x is not None
        else ""
    )
    return (
        f'<text x="{row.label_x}" y="{row.label_y}" text-anchor="{row.label_anchor}">{escape(row.label)}{title}</text>'
        f'<text class="s" x="{row.when_x}" y="{row.label_y}" text-anchor="{row.when_anchor}">{escape(row.when)}</text>\n'
        f"{''.join(_segment(name, row, piece) for piece in row.segments)}{whisker}{point}\n"
    )


def _segment(name: str, row: Row, piece: Segment) -> str:
    fill = f"url(#{name}-{piece.fade})" if piece.fade else f"url(#{name}-hatch)" if row.is_planned else "var(--real)"
    loose = ' class="loose"' if piece.is_loose else ""
    return f'<rect{loose} x="{piece.x}" y="{row.bar_y}" width="{piece.width}" height="12" fill="{fill}"/>'


def money_rows_html(drawing: MoneyBars, currency: str) -> SafeString:
    """The rows of bars of money: a label, and for each measure a bar and what it is in words."""
    hatch = f' fill="url(#{currency}-{drawing.name})"'
    return SafeString("".join(_money_group(drawing, group, hatch) for group in drawing.groups))


def _money_group(drawing: MoneyBars, group: DrawnGroup, hatch: str) -> str:
    at = f'x="{group.label_x}" y="{group.label_y}" text-anchor="{group.label_anchor}"'
    bars = "".join(_money_bar(drawing, bar, hatch if bar.measure == "planned" else "") for bar in group.bars)
    return f'<text class="of" {at}>{escape(group.label)}</text>{bars}\n'


def _money_bar(drawing: MoneyBars, bar: DrawnBar, hatch: str) -> str:
    size = f'x="{drawing.left}" y="{bar.y}" width="{bar.width}" height="{drawing.thick}"'
    drawn = f'<rect class="{bar.measure}" {size}{hatch}/>' if bar.width else ""
    return f'{drawn}<text class="s" x="{bar.words_x}" y="{bar.text_y}">{escape(bar.shown)}</text>'
