"""Funding lines and what they plan and commit year by year."""

from itertools import accumulate

from funding.models import FundingAmount, FundingLine

from . import words as w
from .chance import NO_DATE, NULL, Chance
from .people import FULL
from .projects import Undertakings
from .sheets import Sheet

LINES = 12  # for each project
SIZES = (2, 3, 5, 8, 10, 15, 20, 30, 50, 80, 100, 200, 500, 1000)  # in 10 million won or 10,000 dollars
PAYER_SHARES = ("agency", "agency", "agency", "agency", "any", "any", "any", "university", "unnamed", "unstated")


class Money:
    """Twelve lines for each project, one in twenty of them for its program as a whole. 8 % of the amounts have no fiscal year,
    3 % are not stated; 4 % of the lines are in dollars, 15 % in kind; 12 % have a second year, 4 % a revision, 2 % no amount."""

    def __init__(self, chance: Chance, done: Undertakings):
        self.chance, self.done = chance, done
        self.lines = Sheet(
            chance, FundingLine,
            "name_ko name_en program_id project_id payer_id unnamed_payer_kind recipient_id form currency starts_on ends_on",
            "category state", 2.4,
        )  # fmt: skip
        self.amounts = Sheet(chance, FundingAmount, "line_id fiscal_year decided_on committed", "planned", 1.0)

    def make(self):
        done, c = self.done, self.chance
        total = LINES * done.many
        heights = list(accumulate(c.random.gammavariate(4, 1) for _ in range(done.many)))
        before = 0
        for n in range(done.many):
            until = int(heights[n] / heights[-1] * total) if n + 1 < done.many else total
            for k in range(before, until):
                self._line(n, k)
            before = until
            if self.lines.size + self.amounts.size > FULL:
                yield [self.lines.take(), self.amounts.take()]
        yield [self.lines.take(), self.amounts.take()]

    def _line(self, n: int, k: int):
        c, done, people = self.chance, self.done, self.done.people
        created, of_program = done.created[n], k % 20 == 7
        program = done.program_of[n]
        project = NULL if of_program else done.project[n]
        hidden = c.hidden(done.program_hidden[program] if of_program else done.hidden[n])
        payer, unnamed = self._payer(k)
        recipient = NULL if k % 3 else people.institution[0 if k % 25 == 3 else c.one_of_first(people.houses, 1.6)]
        u, year = c.float(), done.year[n] + k % 4
        form = "in_kind" if u < 0.15 else "unstated" if u < 0.20 else "cash"
        currency = "USD" if 0.2 <= u < 0.24 else "KRW"
        starts, days = c.choice(c.starts[year])
        ends, end_days = c.choice(c.ends[year + 1]) if k % 2 else NO_DATE
        ko, en = w.LINES[k % 6]
        state = "planned" if year > 2025 else "cancelled" if u > 0.985 else "closed" if year < 2023 else "committed"
        category = w.CATEGORIES[k % 10]
        id = c.id(created)
        fixed = f"{ko}\t{en}\t{done.program[program]}\t{project}\t{payer}\t{unnamed}\t{recipient}\t{form}\t{currency}\t{starts}\t{ends}"
        then = (f"{category}\tplanned", "\tplanned", f"{category}\tcommitted")
        retired = "t" if u > 0.998 else "f"
        self.lines.add(
            id, hidden, created, fixed, f"{days}\t{end_days}", f"{category}\t{state}", *then, retired=retired
        )
        if k % 50 != 11:
            self._amounts(id, hidden, created, year, state, currency)

    def _payer(self, k: int) -> tuple[str, str]:
        """A payer's id, or only its kind, or nothing. Four lines in ten are paid by one of the five large payers."""
        c, people = self.chance, self.done.people
        share = PAYER_SHARES[k % 10]
        if share == "unnamed":
            return NULL, ("national", "industry", "other")[k % 3]
        if share == "unstated":
            return NULL, ""
        if share == "agency":
            return people.institution[1 + c.one_of_first(min(5, people.houses - 1), 1.5)], ""
        return people.institution[c.one_of_first(people.houses, 1.6)], ""

    def _amounts(self, line: str, hidden: int, created: int, year: int, state: str, currency: str):
        c, u = self.chance, self.chance.float()
        decided, days = c.choice(c.starts[year - 1])
        fiscal = NULL if u < 0.093 else f"{year}"
        amount = SIZES[c.one_of_first(len(SIZES), 1.4)] * 10_000_000 // (10 if currency == "USD" else 1)
        if c.float() < 0.03:
            planned = committed = NULL
        else:
            planned, committed = f"{amount}", NULL if state == "planned" else f"{amount * 95 // 100}"
        self.amounts.add(
            c.id(created),
            hidden,
            created,
            f"{line}\t{fiscal}\t{decided}\t{committed}",
            days,
            planned,
            f"{amount * 9 // 10}",
            f"{amount * 11 // 10}",
        )
        if u > 0.88:
            self.amounts.add(
                c.id(created),
                hidden,
                created,
                f"{line}\t{year + 1}\t{decided}\t{NULL}",
                days,
                planned,
                f"{amount * 9 // 10}",
            )
        elif 0.093 <= u < 0.133:
            revised = f"{year}-07-15"
            self.amounts.add(
                c.id(created),
                hidden,
                created,
                f"{line}\t{fiscal}\t{revised}\t{NULL}",
                f"{revised}\t{revised}",
                f"{amount * 6 // 5}",
                planned,
            )
