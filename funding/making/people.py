"""Institutions, labs, researchers and where they work."""

from labs.models import Affiliation, Facility, Institution, Lab
from people.models import Researcher

from . import words as w
from .chance import NO_DATE, NULL, Chance
from .sheets import Sheet

FULL = 250_000  # rows that are laid out before they are sent


class People:
    """Who there is. Lists by number: ids, visibilities and (researchers) when each was entered."""

    def __init__(self, chance: Chance, researchers: int, institutions: int):
        self.chance, self.many, self.houses = chance, researchers, institutions
        self.institution: list[str] = []
        self.institution_hidden: list[int] = []
        self.lab: list[str] = []
        self.lab_house: list[int] = []
        self.researcher: list[str] = []
        self.researcher_hidden = bytearray()

    def make_institutions(self):
        """Institutions, every fifth a unit of an earlier one; 1.5 labs for each, and a facility for every second lab."""
        c = self.chance
        sheet = Sheet(c, Institution, "slug name_en kind country ror_id parent_id", "name_ko", 6)
        house = c.weighted([(h, h[3]) for h in w.HOUSES])
        for n in range(self.houses):
            created, hidden, parent = c.moment(0.1 * n / self.houses), 0, NULL
            if n < len(w.PAYERS):
                kind, ko, en = w.PAYERS[n]
                country = "KR"
            elif c.float() < 0.15:
                city, country = c.choice(w.CITIES_ABROAD)
                kind, ko, en = "university", "", f"{city} {c.choice(w.ABROAD_LAST)} University"
            else:
                (kind, end_ko, end_en, _weight), _w = house()
                ko, en = c.choice(w.COMPANY_NAMES if kind == "company" else w.PLACES)
                serial = f"제{n % 97}" if kind == "company" or n % 3 == 0 else ""
                ko, en, country = f"{ko}{serial}{end_ko}", f"{en} {end_en}", "KR"
                if n % 5 == 0 and n > 40:
                    above = c.below(n)
                    parent, hidden = self.institution[above], self.institution_hidden[above]
                    ko, en = f"{ko} 산학협력단", f"{en} Industry-Academic Cooperation"
                elif c.float() < 0.01:
                    hidden = 2
            id = c.id(created)
            self.institution.append(id)
            self.institution_hidden.append(hidden)
            ror = f"0{c.seed % 100:02}{n:06}" if n % 3 == 0 else ""
            slug = f"institution-{c.seed}-{n + 1}"
            sheet.add(
                id, hidden, created, f"{slug}\t{en}\t{kind}\t{country}\t{ror}\t{parent}", "", ko, f"(구) {ko or en}", ko
            )
        yield [sheet.take()]
        yield self._labs()

    def _labs(self):
        c = self.chance
        labs = Sheet(
            c, Lab, "slug name_en institution_id opened_on address_ko country floor_area floor_area_unit", "name_ko", 4
        )
        things = Sheet(c, Facility, "name_en lab_id provider_id kind opened_on number", "name_ko", 2)
        for n in range(self.houses * 3 // 2):
            house, created = c.below(self.houses), c.moment(0.1 + 0.2 * n / self.houses)
            hidden = 2 if self.institution_hidden[house] else 0
            field_ko, field_en = c.choice(w.FIELDS)
            opened, days = c.choice(c.starts[2014 + c.below(12)])
            area, unit = (f"{c.below(900) + 40}", c.choice(("m2", "pyeong", "ft2"))) if n % 3 == 0 else (NULL, "")
            id, place = c.id(created), c.choice(w.PLACES)[0]
            self.lab.append(id)
            self.lab_house.append(house)
            fixed = f"lab-{c.seed}-{n + 1}\t{field_en.capitalize()} Laboratory {n + 1}\t{self.institution[house]}\t{opened}\t{place}\tKR\t{area}\t{unit}"
            labs.add(
                id,
                hidden,
                created,
                fixed,
                days,
                f"{field_ko} 연구실 {n + 1}",
                f"{field_ko} 연구센터 {n + 1}",
                f"{field_ko} 연구실",
            )
            if n % 2 == 0:
                opened, days = c.choice(c.starts[2018 + c.below(8)])
                fixed = f"GPU cluster {n}\t{id}\t{NULL}\tgpu\t{opened}\t{8 << c.below(6)}"
                things.add(c.id(created), hidden, created, fixed, days, f"GPU 클러스터 {n}", f"GPU 서버 {n}")
        return [labs.take(), things.take()]

    def make_researchers(self):
        """Researchers, every eighth from abroad; 0.9 affiliations for each: most have one, some two, some none is known of."""
        c, seed = self.chance, self.chance.seed
        people = Sheet(c, Researcher, "name_ko name_en orcid researcher_number", "aliases", 1.5)
        places = Sheet(
            c, Affiliation, "researcher_id institution_id lab_id starts_on ends_on", "title_ko title_en", 0.9
        )
        surname, given = c.weighted([(ko, en, weight) for ko, en, weight in w.SURNAMES]), w.GIVEN
        titles = [f"{ko}\t{en}" for ko, en in w.PERSON_TITLES]
        for n in range(self.many):
            created = c.moment(0.05 + 0.9 * n / self.many)
            hidden = 2 if c.float() < 0.01 else 0
            if n % 8 == 7:
                ko, en = "", f"{c.choice(w.ABROAD_FIRST)} {c.choice(w.ABROAD_LAST)}"
                alias = "{}"
            else:
                last, last_en, _weight = surname()
                one, two = c.choice(given), c.choice(given)
                ko, en = f"{last}{one[0]}{two[0]}", f"{one[1]}{two[1].lower()} {last_en}"
                alias = f'{{"{one[1]}-{two[1].lower()} {last_en}"}}' if n % 11 == 0 else "{}"
            orcid = f"0000-{seed % 10000:04}-{n // 10000:04}-{n % 10000:04}" if n % 5 == 0 else ""
            number = f"{10000000 + n}" if n % 5 < 3 else ""
            id = c.id(created)
            self.researcher.append(id)
            self.researcher_hidden.append(hidden)
            people.add(id, hidden, created, f"{ko}\t{en}\t{orcid}\t{number}", "", alias, '{"미확인"}', "{}")
            for _again in range(0 if n % 20 < 4 else 2 if n % 20 in (4, 5) else 1):
                house, lab = (0, NULL) if c.float() < 0.02 else (c.one_of_first(self.houses, 1.6), NULL)
                if n % 6 == 0:
                    k = c.below(len(self.lab))
                    lab, house = self.lab[k], self.lab_house[k]
                year = c.year(created) - c.below(3)
                starts, days = c.choice(c.starts[year])
                ends, end_days = c.choice(c.ends[year + 1 + c.below(6)]) if n % 4 == 0 else NO_DATE
                at_least = hidden or self.institution_hidden[house]
                fixed = f"{id}\t{self.institution[house]}\t{lab}\t{starts}\t{ends}"
                places.add(
                    c.id(created),
                    at_least,
                    created,
                    fixed,
                    f"{days}\t{end_days}",
                    c.choice(titles),
                    "연구원\tresearcher",
                    "\t",
                )
            if people.size + places.size > FULL:
                yield [people.take(), places.take()]
        yield [people.take(), places.take()]
