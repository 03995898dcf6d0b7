"""The table: how it is asked, written, read and compared."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from records.kinds import kinds_by_plural

from .routes import METHODS, Route, routes
from .sent import question, sent
from .targets import Target, targets
from .world import ASKERS, PEOPLE

FILE = Path(__file__).with_name("matrix.txt")
NOT_ASKED = "·"
HEAD = """\
# Who is answered what. Made by `make matrix` from the addresses themselves; read each line that changes before you commit it.
#
# 200, 401, 403, 404 …  the status of the answer       login  led to the page on which one logs in
# in                    let in, and refused for what was sent: 400, 409, 412, 422, 428
# ·                     not asked: access tokens open the API alone
#
# partner   reports for an institution that takes part in the program of the records; other for one that does not
# reading … revoked   access tokens of the officer: may only read, may write, expired, revoked; reporting  of the partner's institution
# <kind>    all kinds of records of which no line of their own says otherwise; where a few of them are asked: targets.py
# What a method is sent stands in sent.py, what fills an address in targets.py. A method that an
# address does not take has no line.
"""
SECTIONS = ("Pages", "The API: records", "The API: what else there is")
Key = tuple[str, str, str]  # method, address, target
Cells = tuple[str, ...]  # one for each of ASKERS


@dataclass(frozen=True)
class Case:
    """One method of one address, asked for one target."""

    method: str
    route: Route
    target: Target

    @property
    def row(self) -> Key:
        """The line that it shares with all that are answered alike."""
        return self.method, self.route.address, self.target.name

    @property
    def own_row(self) -> Key:
        state = f" ({self.target.state})" if self.target.state else ""
        return self.method, self._of_kind, self.target.name + state

    @property
    def _of_kind(self) -> str:
        return self.route.address.replace("<kind>", self.target.kind) if self.target.kind else self.route.address

    @property
    def address(self) -> str:
        found = self._of_kind
        for name, value in zip(self.route.parameters, self.target.values, strict=True):
            found = found.replace(f"<{name}>", str(value), 1)
        return found


def cases(w) -> Iterator[Case]:
    for route in routes():
        for target in targets(route, w):
            for method in route.methods:
                if method == "GET" or not target.is_only_read:
                    yield Case(method, route, target)


def answered(w, every: Iterable[Case]) -> dict[Case, Cells]:
    """What everybody is answered; without methods that an address does not take."""
    found = {case: tuple(_cell(w, asker, case) for asker in ASKERS) for case in every}
    return {case: cells for case, cells in found.items() if _is_taken(cells)}


def _is_taken(cells: Cells) -> bool:
    anonymous, *signed_in = cells[: len(PEOPLE)]
    return set(signed_in) != {"405"} or anonymous not in ("405", "401", "login")


def _cell(w, asker: str, case: Case) -> str:
    if asker not in PEOPLE and not case.route.is_api:
        return NOT_ASKED
    address = case.address + question(case.route, w)
    response = w.askers[asker].ask(case.method, address, **sent(case.method, case.route, case.target, w))
    return cell(response.status_code, response.get("Location", ""))


def cell(status: int, location: str) -> str:
    if status == 302 and location.startswith("/en/login/"):
        return "login"
    return "in" if status in (400, 409, 412, 422, 428) else str(status)


# ---- the file ----------------------------------------------------------------------------------------------


def folded(found: dict[Case, Cells]) -> dict[Key, Cells]:
    """One line for all kinds and states that are answered as most are, and one for each that is not."""
    shared: dict[Key, list[tuple[Case, Cells]]] = defaultdict(list)
    for case, cells in found.items():
        shared[case.row].append((case, cells))
    rows = {}
    for row, together in shared.items():
        answers = [cells for _case, cells in together]
        most = max(answers, key=answers.count)
        rows[row] = most
        rows |= {case.own_row: cells for case, cells in together if cells != most}
    return rows


def write(rows: dict[Key, Cells]) -> None:
    left = [max(len(row[n]) for row in rows) for n in range(3)]
    head = _line(("", "address", "asked for"), ASKERS, left)
    lines = [HEAD]
    for title in SECTIONS:
        of_section = sorted((row for row in rows if _section(row) == title), key=_place)
        lines += [f"# {title}", f"#{head[1:]}", *(_line(row, rows[row], left) for row in of_section), ""]
    FILE.write_text("\n".join(lines))


def read() -> dict[Key, Cells]:
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    found = {}
    for line in lines:
        left, *cells = line.rsplit(maxsplit=len(ASKERS))
        method, address, target = left.split(maxsplit=2)
        found[(method, address, target.strip())] = tuple(cells)
    return found


def _line(row: Key, cells: Iterable[str], widths: list[int]) -> str:
    left = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
    return (
        left + "  " + " ".join(text.ljust(max(5, len(name))) for text, name in zip(cells, ASKERS, strict=True)).rstrip()
    )


def _section(row: Key) -> str:
    address = row[1]
    if not address.startswith("/api/"):
        return SECTIONS[0]
    of_records = ("/api/v1/<kind>/", *(f"/api/v1/{plural}/" for plural in kinds_by_plural()))
    return SECTIONS[1] if address.startswith(of_records) else SECTIONS[2]


def _place(row: Key) -> tuple:
    method, address, target = row
    return address, METHODS.index(method), target


# ---- what differs, in words --------------------------------------------------------------------------------


def differences(expected: dict[Key, Cells], found: dict[Case, Cells]) -> list[str]:
    """What is not as the table says, a sentence each."""
    said, used = [], set()
    for case, cells in found.items():
        row = case.own_row if case.own_row in expected else case.row
        used.add(row)
        what = " ".join(case.own_row)
        if row not in expected:
            said.append(
                f"{what} has no line: `make matrix` writes it. Read it: is each of its answers what it should be?"
            )
            continue
        pairs = zip(ASKERS, cells, expected[row], strict=True)
        said += [f"{what}: {who} is answered {now}, the table says {then}" for who, now, then in pairs if now != then]
    gone = [row for row in expected if row not in used]
    return said + [f"{' '.join(row)} stands in the table, but nothing answers there: `make matrix`." for row in gone]
