"""What is planned, agreed, done and stated in projects: goals, agreements, events, outputs, counts, sources."""

from programs.models import (
    Agreement,
    Committee,
    Course,
    Event,
    Exchange,
    Headcount,
    Milestone,
    Output,
    Participation,
    Phase,
    Role,
)
from records.models import Citation, Disagreement, Relation, Source

from . import words as w
from .chance import NO_DATE, NULL, Chance
from .people import FULL
from .projects import Undertakings
from .sheets import Sheet


class Facts:
    """For every project on average 0.8 milestones, 0.3 phases, 0.15 agreements of two parties, 0.2 events with 1.5 speakers,
    1 output, 0.5 head counts, 0.1 exchanges, 0.02 courses, 1.5 citations; for every program one committee."""

    def __init__(self, chance: Chance, done: Undertakings):
        c = self.chance = chance
        self.done, self.people = done, done.people
        self.milestones = Sheet(
            c, Milestone, "title_ko title_en scope_id planned_on due_on done_on", "note_ko state", 2.5
        )
        self.phases = Sheet(c, Phase, "title_ko title_en scope_id number starts_on ends_on", "status", 2)
        self.agreements = Sheet(
            c, Agreement, "title_ko title_en scope_id kind signed_on starts_on ends_on", "covers_ko", 3
        )
        self.parts = Sheet(c, Participation, "scope_id institution_id part", "does_ko", 0.5)
        self.events = Sheet(
            c,
            Event,
            "title_ko title_en scope_id kind status starts_on ends_on place_ko place_en mode attendance",
            "note_ko",
            2,
        )
        self.roles = Sheet(c, Role, "scope_id researcher_id part", "title_ko title_en", 0.3)
        self.outputs = Sheet(c, Output, "title_ko title_en scope_id kind state published_on venue_en doi", "note_ko", 1)
        self.counts = Sheet(c, Headcount, "scope_id people side institution_id number counted_on", "note_ko", 0.2)
        self.exchanges = Sheet(
            c, Exchange, "scope_id sender_id receiver_id level number status starts_on ends_on", "purpose_ko", 1.5
        )
        self.courses = Sheet(
            c, Course, "title_ko title_en scope_id institution_id kind starts_on ends_on places", "status", 1
        )
        self.relations = Sheet(c, Relation, "record_id other_id", "kind", 0)
        self.sheets = [
            self.milestones, self.phases, self.agreements, self.events, self.outputs, self.counts, self.exchanges, self.courses,
            self.parts, self.roles, self.relations,
        ]  # fmt: skip

    def make_facts(self):
        done = self.done
        yield [self._committees()]
        for n in range(done.many):
            u = n % 20
            for k in range((0, 1, 0, 2, 1)[n % 5]):
                self._milestone(n, k)
            if u in (0, 1, 2):
                self._phases(n)
            if u in (3, 7, 11):
                self._agreement(n)
            if u in (2, 6, 10, 14):
                self._event(n)
            for _k in range((2, 0, 1, 1, 1)[n % 5]):
                self._output(n)
            if n % 2:
                self._headcount(n)
            if u in (5, 15):
                self._exchange(n)
            if n % 50 == 9:
                self._course(n)
            if sum(sheet.size for sheet in self.sheets) > FULL:
                yield [sheet.take() for sheet in self.sheets]
        yield [sheet.take() for sheet in self.sheets]

    def make_evidence(self):
        """A source for every twenty projects, 1.5 citations a project, a disagreement for every fiftieth."""
        c, done = self.chance, self.done
        sources = Sheet(c, Source, "title_ko kind publisher_ko published_on url", "title_en", 1)
        cited = Sheet(
            c, Citation, "record_id source_id attribute value_stated value place speaks_of certainty", "note_ko", 0.5
        )
        differ = Sheet(
            c,
            Disagreement,
            "record_id attribute kind severity origin adopted decided_by",
            "topic_ko reason_ko state",
            1,
        )
        ids, hiddens = [], []
        kinds = ("press_release", "article", "report", "spreadsheet", "web_page", "newsletter")
        for n in range(max(3, done.many // 20)):
            created, hidden = c.moment(0.9 * n / done.many * 20), 2 if n % 50 == 7 else 0
            published, days = c.choice(c.starts[c.year(created)])
            ids.append(c.id(created))
            hiddens.append(hidden)
            fixed = f"{c.choice(w.FIELDS)[0]} 공동연구 보도 {n + 1}\t{kinds[n % 6]}\t{c.choice(w.PLACES)[0]}신문\t{published}\thttps://example.org/{n + 1}"
            sources.add(ids[-1], hidden, created, fixed, days, "", "(draft)")
        yield [sources.take()]
        for n in range(done.many):
            created, year = done.created[n], done.year[n]
            is_doubtful = n % 50 == 13
            stated = (
                [("ends_on", f"{year + 3}"), ("ends_on", f"{year + 4}")] if is_doubtful else [("starts_on", f"{year}")]
            )
            stated += [("total_planned", f"{(c.below(90) + 1) * 100000000}")] if n % 2 else []
            for attribute, value in stated:
                k = min(n // 20 + c.below(3), len(ids) - 1)
                hidden = max(done.hidden[n], hiddens[k])
                speaks, days = c.choice(c.starts[year])
                certainty = ("stated", "stated", "planned", "inferred")[n % 4]
                fixed = f"{done.project[n]}\t{ids[k]}\t{attribute}\t\t{value}\tp. {n % 30 + 1}\t{speaks}\t{certainty}"
                cited.add(c.id(created), hidden, created, fixed, days, "", "확인 필요")
            if is_doubtful:
                state = "종료 연도가 다름\t최근 자료를 따름\tdecided" if n % 3 else "종료 연도가 다름\t\topen"
                fixed = f"{done.project[n]}\tends_on\tdate\tminor\tfound\t{year + 4 if n % 3 else ''}\t"
                differ.add(c.id(created), done.hidden[n], created, fixed, "", state, "종료 연도가 다름\t\topen")
            if cited.size + differ.size > FULL:
                yield [cited.take(), differ.take()]
        yield [cited.take(), differ.take()]

    def _committees(self):
        c, done = self.chance, self.done
        sheet = Sheet(c, Committee, "name_en scope_id kind size starts_on", "name_ko", 2)
        for n, program in enumerate(done.program):
            created = c.moment(0.3)
            starts, days = c.choice(c.starts[2018])
            fixed = f"Joint committee {n + 1}\t{program}\tjoint\t{c.below(15) + 5}\t{starts}"
            sheet.add(
                c.id(created),
                done.program_hidden[n],
                created,
                fixed,
                days,
                f"공동위원회 {n + 1}",
                f"추진위원회 {n + 1}",
            )
        return sheet.take()

    def _milestone(self, n, k):
        c, done = self.chance, self.done
        year, created, (ko, en) = done.year[n] + k, done.created[n], c.choice(w.GOALS)
        planned, planned_days = c.choice(c.starts[year])
        due, due_days = c.choice(c.ends[year])
        is_done = year < 2025 and n % 7
        reached, reached_days = c.choice(c.ends[year]) if is_done else NO_DATE
        fixed = f"{ko}\t{en}\t{done.project[n]}\t{planned}\t{due}\t{reached}"
        days = f"{planned_days}\t{due_days}\t{reached_days}"
        self.milestones.add(
            c.id(created),
            c.hidden(done.hidden[n]),
            created,
            fixed,
            days,
            "\tdone" if is_done else "\topen",
            "일정 조정\topen",
            "\topen",
        )

    def _phases(self, n):
        c, done = self.chance, self.done
        for k in range(2):
            starts, days = c.choice(c.starts[done.year[n] + k])
            ends, end_days = c.choice(c.ends[done.year[n] + k])
            fixed = f"{k + 1}단계\tPhase {k + 1}\t{done.project[n]}\t{k + 1}\t{starts}\t{ends}"
            status = "completed" if done.year[n] + k < 2025 else "running"
            self.phases.add(
                c.id(done.created[n]),
                done.hidden[n],
                done.created[n],
                fixed,
                f"{days}\t{end_days}",
                status,
                "planned",
                "running",
            )

    def _agreement(self, n):
        c, done, created = self.chance, self.done, self.done.created[n]
        id, hidden, year = c.id(created), c.hidden(done.hidden[n]), done.year[n]
        signed, signed_days = c.choice(c.starts[year])
        starts, days = c.choice(c.starts[year])
        ends, end_days = c.choice(c.ends[year + 3])
        kind = ("mou", "moa", "research", "contract")[n % 4]
        fixed = f"공동연구 협약 {n + 1}\tAgreement on joint research {n + 1}\t{done.project[n]}\t{kind}\t{signed}\t{starts}\t{ends}"
        done.agreement[n] = id
        self.agreements.add(
            id,
            hidden,
            created,
            fixed,
            f"{signed_days}\t{days}\t{end_days}",
            "공동연구, 인력교류",
            "공동연구",
            "공동연구, 시설 이용",
        )
        for _party in range(2):
            house = 0 if c.float() < 0.05 else c.one_of_first(self.people.houses, 1.6)
            least = max(hidden, self.people.institution_hidden[house])
            self.parts.add(
                c.id(created), least, created, f"{id}\t{self.people.institution[house]}\tparty", "", "", "서명 예정"
            )

    def _event(self, n):
        c, done, created = self.chance, self.done, self.done.created[n]
        id, hidden, year = c.id(created), c.hidden(done.hidden[n]), done.year[n] + c.below(3)
        kind, ko, en = c.choice(w.EVENTS)
        starts, days = c.choice(c.starts[year])
        place, place_en = c.choice(w.PLACES)
        status = "completed" if year < 2026 else "planned"
        fixed = f"{ko} {n + 1}\t{en.capitalize()} {n + 1}\t{done.project[n]}\t{kind}\t{status}\t{starts}\t{starts}\t{place}\t{place_en}\ton_site\t{c.below(200) + 5}"
        if starts.startswith("../") or starts == NULL:
            fixed = fixed.replace(f"\t{starts}\t{starts}\t", f"\t{NULL}\t{NULL}\t")
            days = NO_DATE[1]
        self.events.add(id, hidden, created, fixed, f"{days}\t{days}", "", "일정 미정", "장소 변경")
        for _speaker in range(1 + n % 2):
            who = 1 + c.one_of_first(self.people.many - 1, 2.0)
            least = max(hidden, self.people.researcher_hidden[who])
            self.roles.add(
                c.id(created),
                least,
                created,
                f"{id}\t{self.people.researcher[who]}\tspeaker",
                "",
                "발표\tspeaker",
                "발표 예정\tspeaker",
            )
        if n % 40 == 2:
            other = c.below(len(done.program))
            least = max(hidden, done.program_hidden[other])
            if other != done.program_of[n]:
                self.relations.add(c.id(created), least, created, f"{id}\t{done.program[other]}", "", "belongs_to")

    def _output(self, n):
        c, done, created = self.chance, self.done, self.done.created[n]
        year, u = done.year[n] + c.below(4), c.float()
        (aim, aim_en), (what, what_en) = c.choice(w.AIMS), c.choice(w.SUBJECTS)
        published, days = c.choice(c.ends[year])
        kind = (
            "paper"
            if u < 0.6
            else "patent"
            if u < 0.75
            else "software"
            if u < 0.85
            else "news"
            if u < 0.95
            else "award"
        )
        doi = f"10.5555/r{c.seed}.{c.bits(40)}" if kind == "paper" and u < 0.45 else ""
        state = "out" if year < 2027 else "expected"
        fixed = f"{aim} {what}\t{aim_en} {what_en}\t{done.project[n]}\t{kind}\t{state}\t{published}\tJournal {n % 89 + 1}\t{doi}"
        self.outputs.add(c.id(created), c.hidden(done.hidden[n]), created, fixed, days, "", "심사 중")

    def _headcount(self, n):
        c, done = self.chance, self.done
        counted, days = c.choice(c.starts[done.year[n]])
        house = c.one_of_first(self.people.houses, 1.6)
        at = NULL if self.people.institution_hidden[house] or n % 4 else self.people.institution[house]
        side = ("all", "domestic", "overseas")[n % 3]
        fixed = f"{done.project[n]}\tresearchers\t{side}\t{at}\t{c.below(40) + 1}\t{counted}"
        self.counts.add(c.id(done.created[n]), done.hidden[n], done.created[n], fixed, days, "", "집계 중")

    def _exchange(self, n):
        c, done = self.chance, self.done
        a, b = (self.people.institution[c.one_of_first(self.people.houses, 1.6)] for _ in range(2))
        starts, days = c.choice(c.starts[done.year[n]])
        ends, end_days = c.choice(c.ends[done.year[n]])
        level = ("researcher", "postdoc", "graduate", "mixed")[n % 4]
        fixed = f"{done.project[n]}\t{a}\t{b}\t{level}\t{c.below(6) + 1}\tcompleted\t{starts}\t{ends}"
        self.exchanges.add(
            c.id(done.created[n]),
            done.hidden[n],
            done.created[n],
            fixed,
            f"{days}\t{end_days}",
            "공동실험",
            "방문 협의",
        )

    def _course(self, n):
        c, done = self.chance, self.done
        starts, days = c.choice(c.starts[done.year[n]])
        fixed = f"융합 인력양성 과정 {n + 1}\tTraining track {n + 1}\t{done.project[n]}\t{NULL}\ttrack\t{starts}\t{NULL}\t{c.below(40) + 10}"
        self.courses.add(
            c.id(done.created[n]), done.hidden[n], done.created[n], fixed, f"{days}\t{NO_DATE[1]}", "running", "planned"
        )
