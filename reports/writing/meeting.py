"""Two people of one institution write at once: where their texts differ, and what becomes of them.

What the second one typed is never lost, and what the first one saved only if the second one says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .draft import NEW, Draft, free_key
from .sections import BY_NAME

MINE, THEIRS, BOTH = "mine", "theirs", "both"


@dataclass(frozen=True)
class Clash:
    """One row that the two have written differently: (label, text) of each."""

    section: str
    key: str
    head: str
    mine: list[tuple[str, str]]
    theirs: list[tuple[str, str]]

    @property
    def name(self) -> str:
        """Of the inputs by which one is chosen."""
        return f"take-{self.section}-{self.key}"

    @property
    def title(self) -> str:
        return str(BY_NAME[self.section].title)

    @property
    def is_new(self) -> bool:
        return self.key.startswith(NEW)

    @property
    def chosen(self) -> str:
        """Where only one of the two wrote, that one; where both added something, both."""
        if not self.mine:
            return THEIRS
        return BOTH if self.is_new and self.theirs else MINE


def clashes(draft: Draft, theirs: Mapping) -> list[Clash]:
    """`draft`: as one typed it; `theirs`: the content that was saved meanwhile."""
    mine, heads = _rows(draft.kept()), {(row.section.name, row.key): str(row.label or "") for row in draft.rows()}
    saved, found = _rows(theirs), []
    for place in dict.fromkeys([*mine, *saved]):
        section, key = place
        if _texts(mine.get(place)) != _texts(saved.get(place)):
            both = (_told(section, rows.get(place)) for rows in (mine, saved))
            found.append(Clash(section, key, heads.get(place, ""), *both))
    return found


def united(typed: Mapping, theirs: Mapping, chosen: Mapping[str, str]) -> dict:
    """What was typed, with the rows of the other where those were chosen. Of two new rows both may stay."""
    rows, saved = _rows(typed), _rows(theirs)
    for place in dict.fromkeys([*rows, *saved]):
        section, key = place
        take = chosen.get(f"take-{section}-{key}")
        if take == BOTH and place in rows and place in saved:
            free = free_key(key for name, key in [*rows, *saved] if name == section)
            rows[section, free] = rows[place] | {"key": free}
        if take in (THEIRS, BOTH):
            if place in saved:
                rows[place] = saved[place]
            else:
                rows.pop(place, None)
    content: dict = {}
    for (section, _key), row in rows.items():
        content.setdefault(section, []).append(row)
    return content


def _rows(content: Mapping) -> dict[tuple[str, str], dict]:
    return {(section, row["key"]): row for section, rows in content.items() for row in rows}


def _texts(row: Mapping | None) -> dict:
    return {name: text for name, text in (row or {}).items() if name not in ("key", "version") and text}


def _told(section: str, row: Mapping | None) -> list[tuple[str, str]]:
    texts = _texts(row)
    return [(BY_NAME[section].label(name), texts[name]) for name in BY_NAME[section].names if name in texts]
