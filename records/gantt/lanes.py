"""What a large timeline draws: lanes with marks. Plain values in the reader's language; nothing here knows a database.

A page reads what it shows, makes `Lane`s of it in the order in which they stand, and hands them to `geometry.drawings`;
the drawing, its narrow twin and its table are made of the same lanes, so that none of them says more than another.
"""

from dataclasses import dataclass

from ..dates import Edtf


@dataclass(frozen=True)
class Mark:
    """One dated fact on a lane: a period is drawn as a bar, what lies on one date (`is_point`) as a diamond.

    `name` and `when` say it in full to those who do not see it, and in the table; `word` is drawn beside a diamond where it
    has room. `starts` or `ends` None: not stated, so the bar fades there. `count`: how many facts it stands for, where a
    folded lane draws many as one. Only what a lane's own link does not lead to has a `href`.
    """

    name: str
    when: str
    starts: Edtf | None
    ends: Edtf | None = None
    is_point: bool = False
    is_planned: bool = False  # hatched, hollow
    is_late: bool = False  # it was to be over by now, and is not
    late_by: str = ""  # how late, in words: drawn beside it too
    href: str = ""
    word: str = ""
    count: int = 1
    was: Edtf | None = None  # when a diamond was first planned for, where that was another day
    is_summary: bool = False  # from when to when several go, drawn as a bracket

    @property
    def words(self) -> str:
        """What is drawn beside it."""
        return " · ".join(part for part in (self.word, self.late_by) if part)


@dataclass(frozen=True)
class Toggle:
    """What opens or folds a lane: the address of the same page with it the other way, and how it is called in words."""

    href: str
    name: str  # "과제 3건 펼치기"
    is_open: bool = False


@dataclass(frozen=True)
class Lane:
    """A row: its label on the left, its marks on the axis, and on the right `when` (that of its period or else its first mark, unless given).

    `key` names it within the page (letters, digits, hyphens): folding comes back to it. A lane without marks says `note`, so
    it may be a heading or the way to further rows. `is_head` sets a group's heading apart.
    """

    key: str
    label: str
    marks: tuple[Mark, ...] = ()
    href: str = ""
    depth: int = 0
    toggle: Toggle | None = None
    note: str = ""  # small, after the label: a number, a state, "자료에 날짜 없음"
    when: str | None = None
    is_head: bool = False

    @property
    def told(self) -> str:
        """What stands on the right: when the lane's own fact is."""
        if self.when is not None:
            return self.when
        own = next((mark for mark in self.marks if not mark.is_point), None) or next(iter(self.marks), None)
        return own.when if own else ""
