"""Funding lines and how they are divided, what they plan and commit year by year, and what of it really moved."""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from funding.models import FundingAmount, FundingLine, LedgerEntry

from . import words as w
from .chance import NO_DATE, NULL, Chance
from .people import FULL
from .projects import Undertakings
from .sheets import Sheet

LINES = 12  # for each project
SIZES = (2, 3, 5, 8, 10, 15, 20, 30, 50, 80, 100, 200, 500, 1000)  # in 10 million won or 10,000 dollars
PAYER_SHARES = ("agency", "agency", "agency", "agency", "any", "any", "any", "university", "unnamed", "unstated")
DIVIDED = ((50, 30), (40, 30, 30), (30, 20, 20, 10), (60, 40))  # what each split takes up, in percent
REVISIONS = (("raised", 120), ("cut", 80), ("corrected", 101))  # to how many percent
OPENS = 23  # each fiftieth line is an envelope; those after it are its splits


class Common(NamedTuple):
    """What a line and all that belongs to it have in common."""

    created: int
    hidden: int
    year: int
    state: str
    form: str
    currency: str


class Money:
    """Twelve lines for each project, one in twenty of them for its program as a whole; one in fifty is divided over projects,
    recipients or payers.

    8 % of the amounts have no fiscal year, 3 % are not stated; 4 % of the lines are in dollars, 15 % in kind; 12 % have a
    second year, 4 % a revision, 2 % no amount; one in eight has ledger entries.
    """

    def __init__(self, chance: Chance, done: Undertakings):
        self.chance, self.done = chance, done
        self.lines = Sheet(
            chance, FundingLine,
            "name_ko name_en program_id project_id payer_id unnamed_payer_kind recipient_id form currency starts_on ends_on"
            " envelope_id agreement_id",
            "category state", 2.4,
        )  # fmt: skip
        self.amounts = Sheet(chance, FundingAmount, "line_id fiscal_year decided_on committed revision", "planned", 1.0)
        self.entries = Sheet(
            chance, LedgerEntry, "line_id movement posted_on fiscal_year amount corrects_id outside_key", "note_ko", 0
        )
        self.sheets = [self.lines, self.amounts, self.entries]
        self.posted = 0

    def make(self):
        done, c = self.done, self.chance
        total = LINES * done.many
        heights = list(accumulate(c.random.gammavariate(4, 1) for _ in range(done.many)))
        k = 0
        for n in range(done.many):
            until = int(heights[n] / heights[-1] * total) if n + 1 < done.many else total
            while k < until:
                is_divided = k % 50 == OPENS and k + 5 < total
                k += self._divided(n, k) if is_divided else self._line(n, k)
            if sum(sheet.size for sheet in self.sheets) > FULL:
                yield [sheet.take() for sheet in self.sheets]
        yield [sheet.take() for sheet in self.sheets]

    def _line(self, n: int, k: int) -> int:
        """One line that stands alone, with its amounts and entries. Returns how many lines that is."""
        c, done, people = self.chance, self.done, self.done.people
        of_program, program = k % 20 == 7, done.program_of[n]
        hidden = c.hidden(done.program_hidden[program] if of_program else done.hidden[n])
        recipient = NULL if k % 3 else people.institution[0 if k % 25 == 3 else c.one_of_first(people.houses, 1.6)]
        u, year = c.float(), done.year[n] + k % 4
        common = Common(
            done.created[n], hidden, year,
            state="cancelled" if u > 0.985 and year <= 2025 else _state(year),
            form="in_kind" if u < 0.15 else "unstated" if u < 0.20 else "cash",
            currency="USD" if 0.2 <= u < 0.24 else "KRW",
        )  # fmt: skip
        agreement = done.agreement.get(n, NULL) if k % 3 == 1 and not of_program else NULL
        place = f"{done.program[program]}\t{NULL if of_program else done.project[n]}"
        id = self._added(
            k, common, place, self._payer(k), recipient, agreement=agreement, retired="t" if u > 0.998 else "f"
        )
        if k % 50 != 11:
            committed = self._amounts(id, common)
            if k % 13 in (3, 8):
                self._entries(id, common, committed)
        return 1

    def _added(self, k, of: Common, place, payer, recipient, envelope=NULL, agreement=NULL, retired="f") -> str:
        c = self.chance
        starts, days = c.choice(c.starts[of.year])
        ends, end_days = c.choice(c.ends[of.year + 1]) if k % 2 else NO_DATE
        ko, en = w.LINES[k % 6]
        category = w.CATEGORIES[k % 10]
        id = c.id(of.created)
        fixed = (
            f"{ko}\t{en}\t{place}\t{payer}\t{recipient}\t{of.form}\t{of.currency}\t{starts}\t{ends}"
            f"\t{envelope}\t{agreement}"
        )
        then = (f"{category}\tplanned", "\tplanned", f"{category}\tcommitted")
        now, days = f"{category}\t{of.state}", f"{days}\t{end_days}"
        self.lines.add(id, of.hidden, of.created, fixed, days, now, *then, retired=retired)
        return id

    def _payer(self, k: int) -> str:
        """A payer's id, or only its kind, or nothing. Four lines in ten are paid by one of the five large payers."""
        c, people = self.chance, self.done.people
        share = PAYER_SHARES[k % 10]
        if share == "unnamed":
            return f"{NULL}\t{('national', 'industry', 'other')[k % 3]}"
        if share == "unstated":
            return f"{NULL}\t"
        if share == "agency":
            return f"{people.institution[1 + c.one_of_first(min(5, people.houses - 1), 1.5)]}\t"
        return f"{people.institution[c.one_of_first(people.houses, 1.6)]}\t"

    # ---- amounts -----------------------------------------------------------------------------------------

    def _amounts(self, line: str, of: Common) -> int:
        """Returns what it commits for its first year, 0 where that is not stated."""
        c, u = self.chance, self.chance.float()
        decided = c.choice(c.starts[of.year - 1])
        fiscal = NULL if u < 0.093 else f"{of.year}"
        amount = _size(c, of.currency)
        then = f"{amount * 9 // 10}", f"{amount * 11 // 10}"
        if c.float() < 0.03:
            planned = committed = NULL
        else:
            planned, committed = f"{amount}", NULL if of.state == "planned" else f"{amount * 95 // 100}"
        self._amount(line, of, fiscal, decided, committed, planned, *then)
        if u > 0.88:
            self._amount(line, of, f"{of.year + 1}", decided, NULL, planned, then[0])
        elif 0.093 <= u < 0.133:
            (revision, percent), day = REVISIONS[int(u * 75) % 3], f"{of.year}-07-15"
            now = f"{amount * percent // 100}"
            committed = NULL if committed == NULL else now
            self._amount(line, of, fiscal, (day, f"{day}\t{day}"), committed, now, planned, revision=revision)
        return 0 if committed == NULL else int(committed)

    def _amount(self, line: str, of: Common, fiscal, decided, committed, planned, *then, revision=""):
        on, days = decided
        fixed = f"{line}\t{fiscal}\t{on}\t{committed}\t{revision}"
        self.amounts.add(self.chance.id(of.created), of.hidden, of.created, fixed, days, planned, *then)

    # ---- splits --------------------------------------------------------------------------------------------

    def _divided(self, n: int, k: int) -> int:
        """An envelope and its splits, which leave a rest or none. Returns how many lines that is."""
        c, done, people = self.chance, self.done, self.done.people
        turn = k // 50
        shares, over = DIVIDED[turn % 4], ("project", "recipient", "payer")[turn % 3]
        among = list(self._neighbours(n, len(shares))) if over == "project" else [n] * len(shares)
        hidden = max(done.hidden[m] for m in among)  # no split is more hidden than its envelope
        year = done.year[n] + k % 4
        common = Common(
            max(done.created[m] for m in among), hidden, year, _state(year),
            form="in_kind" if turn % 7 == 2 else "cash", currency="USD" if turn % 11 == 5 else "KRW",
        )  # fmt: skip
        program = done.program[done.program_of[n]]
        payer = f"{NULL}\tnational" if over == "payer" else self._payer(k)
        place = f"{program}\t{NULL if over == 'project' else done.project[n]}"
        envelope = self._added(k, common, place, payer, NULL)
        amount, decided = _size(c, common.currency), c.choice(c.starts[year - 1])
        self._stated(envelope, common, NULL if turn % 9 == 4 else f"{year}", decided, amount)
        for number, (m, share) in enumerate(zip(among, shares, strict=True), 1):
            to = people.institution[c.one_of_first(people.houses, 1.6)]
            own = common._replace(hidden=done.hidden[m]) if over == "project" else common
            split = self._added(
                k + number, own, f"{program}\t{done.project[m]}", f"{to}\t" if over == "payer" else payer,
                to if over == "recipient" else NULL, envelope,
            )  # fmt: skip
            self._stated(split, own, f"{year}", decided, amount * share // 100)
            if number == 1:
                self._entries(split, own, amount * share // 100)
        return 1 + len(shares)

    def _neighbours(self, n: int, many: int) -> Iterator[int]:
        """This project and those before it in its program; again itself, where there are none."""
        for m in range(n, n - many, -1):
            yield m if m >= 0 and self.done.program_of[m] == self.done.program_of[n] else n

    def _stated(self, line: str, of: Common, fiscal: str, decided, amount: int):
        committed = NULL if of.state == "planned" else f"{amount * 95 // 100}"
        self._amount(line, of, fiscal, decided, committed, f"{amount}", f"{amount * 9 // 10}")

    # ---- the ledger ----------------------------------------------------------------------------------------

    def _entries(self, line: str, of: Common, amount: int):
        """Received, then spent in part; now and then some of it comes back, or an entry is corrected."""
        if not amount or of.state == "planned":
            return
        self.posted += 1
        turn = self.posted
        first = self._entry(line, of, "received", 2, amount * 6 // 10)
        if turn % 20 == 3:
            self._entry(line, of, "received", 3, -(amount // 10), corrects=first)
        if turn % 3:
            spent = amount * (turn % 12 + 1) // 11  # a few spend more than they may
            self._entry(line, of._replace(hidden=self.chance.hidden(of.hidden)), "spent", 7, spent)
        if turn % 30 == 11:
            self._entry(line, of, "returned", 11, amount // 20)

    def _entry(self, line: str, of: Common, movement: str, month: int, amount: int, corrects=NULL) -> str:
        id, turn = self.chance.id(of.created), self.posted
        on = f"{of.year}-{month:02}-{1 + turn % 28:02}"
        key = f"{turn:07}" if turn % 2 and corrects == NULL else ""
        fixed = f"{line}\t{movement}\t{on}\t{NULL}\t{amount}\t{corrects}\t{key}"
        self.entries.add(id, of.hidden, of.created, fixed, f"{on}\t{on}", "")
        return id


def _state(year: int) -> str:
    return "planned" if year > 2025 else "closed" if year < 2023 else "committed"


def _size(c: Chance, currency: str) -> int:
    return SIZES[c.one_of_first(len(SIZES), 1.4)] * 10_000_000 // (10 if currency == "USD" else 1)
