"""Programs and projects, and who takes part in them."""

from itertools import accumulate

from programs.models import Participation, Program, Project, Role

from . import words as w
from .chance import NULL, Chance
from .people import FULL, People
from .sheets import Sheet

DEEPEST = 6
STATUS_THEN = ("planned", "running", "running", "suspended", "running")
PLANS = ("연차 계획 초안", "연차 계획 확정", "목표 조정", "기간 연장 협의", "참여기관 변경")
MEMBERS = ("co_pi", "participant", "participant", "postdoc", "student", "student", "subproject_lead", "participant")


class Undertakings:
    """What is done. Lists by number; a project's program is `program_of[n]`, its own start year `year[n]`."""

    def __init__(self, chance: Chance, people: People, projects: int):
        self.chance, self.people, self.many = chance, people, projects
        self.program: list[str] = []
        self.program_hidden: list[int] = []
        self.project: list[str] = []
        self.program_of: list[int] = []
        self.hidden = bytearray()
        self.created: list[int] = []
        self.year: list[int] = []
        self.agreement: dict[int, str] = {}  # by number of the project that has one
        self.sizes = self._sizes()

    def _sizes(self) -> list[int]:
        """Projects of each program: about 80, the fourth (the largest) 2 % of all, others at most 60 % of that."""
        c = self.chance
        programs = max(4, min(self.many // 4, max(80, self.many // 80)))
        largest = self.many // 50 if self.many >= 1000 else max(2, 2 * self.many // programs)
        heavy = [min(c.random.lognormvariate(0, 0.9), 5.0) for _ in range(programs)]
        heavy[3] = 0
        mean = (self.many - largest) / sum(heavy)
        heavy = [min(h, max(0.6 * largest / mean, 1.2)) for h in heavy]
        ends = [round(h * (self.many - largest) / sum(heavy)) for h in accumulate(heavy)]
        sizes = [b - a for a, b in zip([0, *ends[:-1]], ends, strict=True)]
        sizes[3] = largest
        return sizes

    def make_programs(self):
        c = self.chance
        sheet = Sheet(c, Program, "slug name_ko name_en topics starts_on ends_on lab_id", "purpose_ko status", 10)
        begun = 0
        for n, size in enumerate(self.sizes):
            created = c.moment(0.05 + 0.9 * begun / self.many)
            begun += size
            hidden = 0 if n == 3 else c.hidden()
            year = c.year(created)
            starts, days = c.choice(c.starts[year])
            ends, end_days = c.choice(c.ends[min(year + 4 + c.below(5), 2034)])
            (aim, aim_en), (field, field_en), (word, word_en) = (
                c.choice(w.AIMS),
                c.choice(w.FIELDS),
                c.choice(w.PROGRAM_WORDS),
            )
            id = c.id(created)
            self.program.append(id)
            self.program_hidden.append(hidden)
            lab = c.choice(self.people.lab) if n % 4 == 0 and not hidden else NULL
            if lab != NULL and self.people.institution_hidden[self.people.lab_house[self.people.lab.index(lab)]]:
                lab = NULL
            fixed = f"program-{c.seed}-{n + 1}\t{aim} {field} {word}\t{aim_en} {field_en} {word_en}\t{{{field}}}\t{starts}\t{ends}\t{lab}"
            purpose = f"{aim} {field} 분야의 공동연구를 지원함."
            then = [f"{purpose} ({plan})\t{status}" for plan, status in zip(PLANS, STATUS_THEN, strict=True)]
            sheet.add(id, hidden, created, fixed, f"{days}\t{end_days}", f"{purpose}\t{status_of(year, c)}", *then)
        yield [sheet.take()]

    def make_projects(self):
        """Projects as trees up to six deep, each with two or three institutions and about four people."""
        c = self.chance
        sheet = Sheet(
            c,
            Project,
            "slug title_ko title_en number program_id parent_id topics starts_on ends_on",
            "summary_ko status",
            14,
        )
        parts = Sheet(c, Participation, "scope_id institution_id part starts_on ends_on", "does_ko", 1.5)
        roles = Sheet(c, Role, "scope_id researcher_id part starts_on ends_on effort_share", "title_ko title_en", 1.3)
        links, n = min(2000, self.many), 0
        for k, size in enumerate(self.sizes):
            tree: list[tuple[int, int]] = []  # (number of the project, depth)
            for serial in range(size):
                created = c.moment(0.05 + 0.9 * n / self.many)
                parent, depth, hidden = NULL, 1, self.program_hidden[k]
                if tree and c.float() < 0.55:
                    above, depth = tree[-1 - c.below(min(len(tree), 12))]
                    if depth < DEEPEST:
                        parent, depth, hidden = self.project[above], depth + 1, self.hidden[above]
                    else:
                        depth = 1
                hidden = c.hidden(hidden)
                tree.append((n, depth))
                self._project(sheet, n, k, serial, created, parent, hidden)
                self._institutions(parts, n)
                self._people(roles, n)
                if n * links // self.many != (n + 1) * links // self.many:  # the person with 2,000 links
                    self._role(roles, n, 0, "advisor")
                n += 1
                if sheet.size + parts.size + roles.size > FULL:
                    yield [sheet.take(), parts.take(), roles.take()]
        yield [sheet.take(), parts.take(), roles.take()]

    def _project(self, sheet, n, k, serial, created, parent, hidden):
        c = self.chance
        year = c.year(created)
        starts, days = c.choice(c.starts[year])
        ends, end_days = c.choice(c.ends[year + 1 + c.below(5)])
        (aim, aim_en), (what, what_en), (doing, doing_en) = c.choice(w.AIMS), c.choice(w.SUBJECTS), c.choice(w.DOINGS)
        id, u = c.id(created), c.float()
        ko = "" if u < 0.03 else f"{aim} {what} {doing}"
        en = "" if 0.03 <= u < 0.2 else f"{aim_en} {what_en}: {doing_en}"
        number = f"{year}-{k + 1:04}-{serial + 1:04}" if u < 0.9 else ""
        fixed = f"p-{c.seed}-{n + 1}\t{ko}\t{en}\t{number}\t{self.program[k]}\t{parent}\t{{{c.choice(w.FIELDS)[0]}}}\t{starts}\t{ends}"
        now = f"{what}에 관한 {doing} 과제임."
        then = [f"{now} ({plan})\t{status}" for plan, status in zip(PLANS, STATUS_THEN, strict=True)]
        retired = "t" if u < 0.004 else "f"
        sheet.add(
            id, hidden, created, fixed, f"{days}\t{end_days}", f"{now}\t{status_of(year, c)}", *then, retired=retired
        )
        self.project.append(id)
        self.program_of.append(k)
        self.hidden.append(hidden)
        self.created.append(created)
        self.year.append(year)

    def _institutions(self, parts, n):
        c, people = self.chance, self.people
        chosen = {0: "lead" if n % 2 else "joint"} if n % 25 in (3, 17) else {}  # one institution takes part in 8 %
        for part in ("lead", *("joint", "partner_company", "overseer")[: c.below(4)])[: 3 if chosen else 4]:
            chosen.setdefault(1 + c.one_of_first(people.houses - 1, 1.6), part)
        for house, part in chosen.items():
            starts, days = c.choice(c.starts[self.year[n]])
            hidden = max(self.hidden[n], people.institution_hidden[house])
            fixed = f"{self.project[n]}\t{people.institution[house]}\t{part}\t{starts}\t{NULL}"
            parts.add(
                c.id(self.created[n]),
                hidden,
                self.created[n],
                fixed,
                f"{days}\t{NULL}\t{NULL}",
                "",
                "공동연구를 수행함.",
                "참여 협의 중",
            )

    def _people(self, roles, n):
        c, many = self.chance, self.people.many
        near, chosen = n * many // self.many, {}
        for k in range(1 + c.below(8)):
            who = min(near + c.below(9), many - 1) if c.float() < 0.75 else 1 + c.one_of_first(many - 1, 2.0)
            chosen.setdefault(max(who, 1), "pi" if k == 0 else MEMBERS[k])
        for who, part in chosen.items():
            self._role(roles, n, who, part)

    def _role(self, roles, n, who, part):
        c, created = self.chance, self.created[n]
        starts, days = c.choice(c.starts[self.year[n]])
        ends, end_days = c.choice(c.ends[self.year[n] + 1 + c.below(4)])
        hidden = max(self.hidden[n], self.people.researcher_hidden[who])
        effort = f"{c.below(20) * 5}" if who % 3 == 0 else NULL
        fixed = f"{self.project[n]}\t{self.people.researcher[who]}\t{part}\t{starts}\t{ends}\t{effort}"
        title = "책임연구자\tprincipal investigator" if part == "pi" else "\t"
        roles.add(
            c.id(created),
            hidden,
            created,
            fixed,
            f"{days}\t{end_days}",
            title,
            "참여연구자\tparticipant",
            "연구보조원\tassistant",
        )


def status_of(year: int, chance: Chance) -> str:
    u = chance.float()
    if year > 2026:
        return "planned"
    if year < 2022:
        return "completed" if u < 0.95 else "cancelled"
    return "running" if u < 0.93 else "suspended" if u < 0.96 else "planned"
