"""Nothing that the five documents say is lost: every fact of the YAML is held by the package, with source and place.

The facts are not in the repository; they lie beside the project (../shared/facts) or where FACTS says. The walk reads
files only. A fact is held where its record is there, a statement of the same source speaks of that record, or of a row
beneath it, at the same lines, and the numbers, dates, people and institutions of the fact are there too.
`facts_homes.json` says, by its English title, which record is the home of a fact that has no name of its own.
"""

import csv
import json
import os
import re
from collections import defaultdict
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "data" / "registry"
FACTS = Path(os.environ.get("FACTS") or PROJECT.parent / "shared" / "facts" / "registry_facts.yaml")
HOMES = json.loads((Path(__file__).parent / "facts_homes.json").read_text(encoding="utf-8"))
pytestmark = pytest.mark.skipif(not FACTS.exists(), reason=f"the facts are not there: {FACTS} (or name them in FACTS=)")

# Left out on purpose, and why. The test fails where one of these is in the package after all, or in no fact.
LEFT_OUT = {
    "*.budget": "says that no amount is stated: the registry shows “not stated” by itself",
    "*.split_over_themes": "says that nothing is stated",
    "*.institutions_by_strand": "says that nothing is stated",
    "lab_kaist_kt.opened": "says that no date is stated",
    "lab_nairl.area": "says that no area is stated",
    "der_fund_*": "a figure that the registry works out itself",
    "hc_nairl_delta": "a figure that the registry works out itself",
    "inst_vc_unnamed": "no institution: firms without a name; the networking day says that they were there",
}

# Parts of facts that the package says in another way, and why.
SAID_OTHERWISE = {
    ("ev_gm_workshop_2022", "date_end"): "7 July is the day in Boston; the end in Korea, 8 July 05:00, is an instant",
    ("ev_gm_midterm", "date_end"): "as the workshop",
    ("ev_gm_joint_committee", "date_end"): "as the workshop",
    ("out_lain_claim", "program"): "a claim about a paper is a statement about the paper",
}
# Counts of something else than the people at work, or rules: figures that are cited, no head counts.
FIGURES = {"hc_gm_mit_slots", "hc_gm_unique", "hc_gm_rule_pi", "hc_gm_rule_team", "hc_csail_turing"}
IN_PERSON = re.compile(
    "production|attend|guest|affiliation|employer|spoke|speaker|home unit|opening|organiser|committee|audience"
)
INSTITUTES = {"lab_kt_convergence": "inst_kt_inst"}  # stands among the labs and the institutions: it is one of these
SITES = {
    "site_daedeok2": "KT 대덕",
    "site_seoul_ai_hub": "서울AI허브",
    "site_everex_hq": "에버엑스",
}  # addresses, no labs
REFERS = ("record", "other_record", "other", "scope", "parent", "program", "project", "lab", "institution", "researcher",
          "line", "payer", "recipient", "provider", "sender", "receiver")  # fmt: skip
PROGRAMS = {"prog_kaist_kt": "KAIST-KT 공동연구센터"}  # whose name in the facts is a description
ELSEWHERE = {"prog_nairl.newsletter_sections": "pub_nairl_letter_1"}  # facts that are about another record
SECTION_OF = {"training": "courses", "infrastructure": "facilities"}


class Package:
    """The files of the data set, by id, and what speaks of what."""

    def __init__(self, without=lambda file, row: False):
        self.rows, self.file = {}, {}
        for path in FOLDER.glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as opened:
                for row in csv.DictReader(opened):
                    if not without(path.stem, row):
                        self.rows[row["id"]], self.file[row["id"]] = row, path.stem
        self.files = defaultdict(dict)
        for id, row in self.rows.items():
            self.files[self.file[id]][id] = row
        self.above = defaultdict(set)  # id → the rows that refer to it
        self.said = defaultdict(list)  # id → citations of it
        for id, row in self.rows.items():
            if self.file[id] == "citations":
                self.said[row["record"]].append(row)
            elif self.file[id] != "disagreements":
                for column in REFERS:
                    if row.get(column):
                        self.above[row[column]].add(id)
        self.named = defaultdict(set)  # (file, name without spaces) → ids
        for id, row in self.rows.items():
            names = [
                row.get(f"{base}_{lang}") for base in ("name", "title", "purpose", "topic") for lang in ("ko", "en")
            ]
            for name in [*names, *json.loads(row.get("aliases") or "[]")]:
                if name:
                    self.named[self.file[id], plain(name)].add(id)

    def of(self, file: str) -> dict[str, dict]:
        return self.files[file]

    def find(self, file: str, *names) -> set[str]:
        """Rows of the file that have one of these names: by the first name that leads anywhere."""
        flat = [n for name in names for n in (name if isinstance(name, list) else [name]) if n]
        return next((found for name in flat if (found := self.named.get((file, plain(name))))), set())

    def around(self, ids: set[str], depth: int = 2) -> set[str]:
        """These records and the rows beneath them."""
        found = set(ids)
        for _ in range(depth):
            found |= {row for id in found for row in self.above.get(id, ())}
        return found


def plain(name: str) -> str:
    name = re.sub(r"\s*\((gloss|sic|\(주\)|first issue)\)", "", str(name))
    return re.sub(r"\s+", "", name).casefold()


def spans(place: str) -> list[tuple[int, int]]:
    return [(int(a), int(b or a)) for a, b in re.findall(r"L(\d+)(?:-L?(\d+))?", place)]


def overlap(a: str, b: str) -> bool:
    return any(x0 <= y1 and y0 <= x1 for x0, x1 in spans(a) for y0, y1 in spans(b))


def numbers(value) -> set[float]:
    """Every number in a value, whatever it is made of; not those in words such as MT10, ft2 or ev_talk_01."""
    if isinstance(value, dict):
        return set().union(*(numbers(v) for k, v in value.items() if k != "no")) if value else set()
    if isinstance(value, list):
        return set().union(*map(numbers, value)) if value else set()
    text = re.sub(r"(?<=\d),(?=\d{3})", "", re.sub(r"\b[a-z]+_\w+", "", str(value).replace("²", "^2")))
    return {float(n) for n in re.findall(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?", text)}


class Walk:
    """Goes through all facts; `missing` names those that the package does not hold."""

    def __init__(self, facts: dict, package: Package):
        self.y, self.p, self.missing = facts, package, {}
        self.source = {}
        for pub in facts["publications"]:
            self.source[pub["seed"]] = next(iter(package.find("sources", pub["title"])), None)
        self.homes = self._homes()

    # -- which records a fact is about ----------------------------------------------------------------

    def _homes(self) -> dict[str, set[str]]:
        y, p, homes = self.y, self.p, {}
        for e in y["programs"]:
            homes[e["id"]] = p.find("programs", e["name"]["ko"], e["name"]["en"], PROGRAMS.get(e["id"]))
        for e in y["institutions"]:
            homes[e["id"]] = p.find("institutions", e["name"]["ko"], e["name"]["en"], e["name"]["alt"])
        for e in y["labs"]:
            homes[e["id"]] = (
                p.find("labs", e["name"]["ko"], e["name"]["en"])
                or self._site(e)
                or homes.get(INSTITUTES.get(e["id"]), set())
            )
        for e in y["projects"]:
            homes[e["id"]] = p.find("projects", e["title"]["en"], e["title"]["ko"]) or self._unnamed_project(e)
        for e in y["people"]:
            found = p.find("researchers", e["name"]["ko"], e["name"]["en"])
            homes[e["id"]] = self._one_of_the_same_name(e, found, homes) if len(found) > 1 else found
        for section in ("agreements", "committees", "events", "exchanges", "training", "infrastructure", "outputs"):
            file = SECTION_OF.get(section, section)
            for e in y[section]:
                homes[e["id"]] = p.find(file, HOMES[file].get(e["id"]))
        homes["out_lain_claim"] = homes["out_refs"] = homes["out_lain"]
        homes["out_netday"] = homes["ev_networking_day_2025"]
        homes["inf_gpu_debate"] = homes["ev_choi_visit"]
        homes["exch_gist_2022"] |= p.find("exchanges", "Undergraduates went to the joint workshop.")
        for row in ("out_lain_row", "out_lain_dagger_row"):
            title = HOMES["outputs"][row].split(":")[0]
            homes[row] = {id for id, r in p.of("outputs").items() if r["title_en"].startswith(f"{title}: ")}
        for pub in y["publications"]:
            homes[pub["id"]] = {self.source[pub["seed"]]} - {None}
        return homes

    def _site(self, e) -> set[str]:
        word = SITES.get(e["id"], "\x00")
        return {id for id, row in self.p.rows.items() if word in row.get("address_ko", "") + row.get("place_ko", "")}

    def _unnamed_project(self, e) -> set[str]:
        words = {"proj_kk_round1": "First-round joint projects (seven)", "proj_gaifl_1": "AI fundamentals",
                 "proj_gaifl_2": "Trustworthy AI", "proj_gaifl_3": "Medical and healthcare AI"}  # fmt: skip
        return self.p.find("projects", words.get(e["id"]))

    def _one_of_the_same_name(self, e, found, homes) -> set[str]:
        at = set().union(*(homes.get(a["institution"], set()) for a in e["affiliations"]))
        works = {r["researcher"] for r in self.p.of("affiliations").values() if r["institution"] in at}
        return found & works

    # -- is it said? ----------------------------------------------------------------------------------

    def lack(self, path: str, why: str):
        self.missing.setdefault(path, why)

    @cache  # noqa: B019
    def statements(self, home: str, depth: int = 2) -> list[dict]:
        ids = self.p.around(set(self.homes.get(home, ())), depth)
        return [said for id in ids for said in self.p.said.get(id, ())]

    def is_said(self, path: str, fact: dict, *homes: str) -> list[dict]:
        """The statements that hold this fact. Each of its sources must make one, at the same lines."""
        lost = [h for h in homes if not self.homes.get(h)]
        if lost:
            self.lack(path, f"no record for {', '.join(lost)}")
            return []
        held = []
        about = [said for home in homes for said in self.statements(home)]
        places = dict(re.findall(r"(\d{3}):([^;]+)", fact["loc"] or "")) or {fact["source"][0]: fact["loc"] or ""}
        for source, place in places.items():
            said = [
                s
                for s in about
                if s["source"] == self.source[source] and (not spans(place) or overlap(s["place"], place))
            ]
            if not said:
                self.lack(path, f"source {source} says nothing at {place} about {', '.join(homes)}")
            held += said
        return held

    def has_numbers(self, path: str, value, held: list[dict]):
        """Every number of the value stands in one of the statements, or in the record that they speak of."""
        there = set()
        for said in held:
            record = self.p.rows.get(said["record"], {})
            own = [v for k, v in record.items() if v and k != "id" and k not in REFERS]
            there |= numbers([said[k] for k in ("value", "value_stated", "note_ko", "note_en", "speaks_of")] + own)
        lost = numbers(value) - there
        if held and lost:
            self.lack(path, f"numbers {sorted(lost)} are in no statement")

    def check(self, path: str, ok, why: str):
        if not ok:
            self.lack(path, why)

    def beneath(self, home: str, file: str, **columns) -> set[str]:
        """Rows of a file that refer to the home, or to a part of it, with these columns among the homes given."""
        scope = self.p.around(set(self.homes.get(home, ())), 1)
        refers = self.p.of(file)
        return {
            id
            for id, row in refers.items()
            if any(row.get(c) in scope for c in ("scope", "record", "parent"))
            and all(row[c] in self.homes.get(v, ()) if c in REFERS else row[c] == v for c, v in columns.items())
        }

    def in_program(self, home: str, program: str) -> bool:
        """Its scope is the program, or a project of it; or a relation says that it belongs there too."""
        inside = set(self.homes[program])
        inside |= {id for id, row in self.p.of("projects").items() if row["program"] in inside}
        for id in self.homes[home]:
            row = self.p.rows[id]
            labs = {r["lab"] for r in self.p.of("programs").values() if r["id"] in inside}
            others = {
                r["other"] for r in self.p.of("relations").values() if r["record"] == id and r["kind"] == "belongs_to"
            }
            if row.get("scope") in inside or others & inside or row.get("lab") in labs - {""}:
                return True
        return False

    # -- the sections -----------------------------------------------------------------------------------

    def all(self) -> "Walk":
        for section in self.y:
            getattr(self, section)()
        return self

    def _with_facts(self, section: str):
        for e in self.y[section]:
            self.check(e["id"], self.homes[e["id"]], "no record")
            for n, fact in enumerate(e["facts"]):
                path = f"{e['id']}.{fact['attr']}" + (f"#{n}" if f"{e['id']}.{fact['attr']}" in self.missing else "")
                if fact["value"] is None:
                    self.lack(path, "no value")
                    continue
                homes = [ELSEWHERE.get(path, e["id"])] + ([fact["value"]] if str(fact["value"]) in self.homes else [])
                if e["id"].startswith("site_"):
                    homes = (
                        ["ev_networking_day_2025", *self._lab_homes()]
                        if fact["value"] in self.homes
                        else self._lab_homes()
                    )
                held = self._said_of_any(path, fact, homes)
                if str(fact["value"]) not in self.homes:
                    self.has_numbers(path, fact["value"], held)

    def _lab_homes(self) -> list[str]:
        return [e["id"] for e in self.y["labs"] if self.homes[e["id"]]] + ["inst_everex", "ev_everex_visit"]

    def _said_of_any(self, path, fact, homes) -> list[dict]:
        return self.is_said(path, fact, *[h for h in homes if self.homes.get(h)] or homes[:1])

    def programs(self):
        self._with_facts("programs")
        for e in self.y["programs"]:
            for partner in e["partners"]:
                self.check(
                    f"{e['id']}.partners",
                    self.beneath(e["id"], "participations", institution=partner),
                    f"{partner} takes no part",
                )

    def labs(self):
        self._with_facts("labs")

    def projects(self):
        self._with_facts("projects")
        for e in self.y["projects"]:
            for id in self.homes[e["id"]]:
                self.check(e["id"], self.p.rows[id]["program"] in self.homes[e["program"]], "in another program")
            for who in e.get("gist_pis", []) + e.get("mit_pis", []):
                self.check(f"{e['id']}.{who}", self.beneath(e["id"], "roles", researcher=who), "has no role")
            for n, phase in enumerate(e.get("phases", [])):
                path = f"{e['id']}.phases.{n}"
                self.check(
                    path,
                    self.beneath(e["id"], "phases", number=str(phase["phase"]), status=phase["status"]),
                    "no phase",
                )
                self.is_said(path, phase, e["id"])

    def institutions(self):
        for e in self.y["institutions"]:
            home = e["id"]
            self.check(home, self.homes[home], "no record")
            self.is_said(home, e, home)
            for id in self.homes[home]:
                row = self.p.rows[id]
                if e["country_stated"] and e["country"]:
                    self.check(home, row["country"] == e["country"], f"country {e['country']}")
                if e["parent"]:
                    self.check(home, row["parent"] in self.homes[e["parent"]], f"parent {e['parent']}")
            for n, part in enumerate(e["participation"]):
                path = f"{home}.participation.{n}"
                self._said_in_person(path, part, home)
                if not part["project"] and not IN_PERSON.search(part["role"]):
                    there = [
                        r for r in self.p.of("participations").values() if r["scope"] in self.homes[part["program"]]
                    ]
                    self.check(
                        path,
                        [r for r in there if r["institution"] in self.homes[home]],
                        f"no part in {part['program']}",
                    )
                if part["project"]:
                    self.check(
                        path,
                        self.beneath(part["project"], "participations", institution=home),
                        f"no part in {part['project']}",
                    )
            for n, fact in enumerate(e["facts"]):
                self.has_numbers(f"{home}.facts.{n}", fact["value"], self.is_said(f"{home}.facts.{n}", fact, home))

    def _said_in_person(self, path, fact, home):
        """Of the institution, of those who work there or of what it takes part in."""
        people = {r["researcher"] for r in self.p.of("affiliations").values() if r["institution"] in self.homes[home]}
        scopes = {r["scope"] for r in self.p.of("participations").values() if r["institution"] in self.homes[home]}
        self.homes["_"] = self.homes[home] | people | scopes | self._audience(home)
        self.statements.cache_clear()
        self.is_said(path, fact, "_")

    def _audience(self, home) -> set[str]:
        return self.homes["ev_talk_series"] if home == "inst_kaist_ai" else set()

    def people(self):
        for e in self.y["people"]:
            who = e["id"]
            self.check(who, self.homes[who], "no record")
            for n, post in enumerate(e["affiliations"]):
                path, at = f"{who}.affiliations.{n}", self.homes.get(post["institution"], set())
                at = at | {id for id, r in self.p.of("institutions").items() if r["parent"] in at}
                posts = self.p.of("affiliations").values()
                self.check(
                    path,
                    [r for r in posts if r["researcher"] in self.homes[who] and {r["institution"], r["lab"]} & at],
                    f"not at {post['institution']}",
                )
                self.is_said(path, post, who)
            for n, part in enumerate(e["roles"]):
                path, ref = f"{who}.roles.{n}", part["ref"]
                quoted = (
                    any(s["attribute"] == "quoted_on" for s in self.statements(who, 0)) and "quoted" in part["role"]
                )
                own = {s["attribute"] for s in self.statements(who, 0)} | {
                    s["attribute"] for s in self.statements(ref, 0)
                }
                if (
                    self.homes.get(ref)
                    and not quoted
                    and not own
                    & {"cites", "author", "planned_by", "foreword_by", "message_by", "profession", "contact_at_nairl"}
                ):
                    rows = self.p.around(self.homes[ref], 1)
                    roles = [r for r in self.p.of("roles").values() if r["researcher"] in self.homes[who]]
                    heads = [r for r in self.p.of("affiliations").values() if r["researcher"] in self.homes[who]]
                    there = [r for r in roles if r["scope"] in rows] or [
                        r for r in heads if {r["institution"], r["lab"]} & rows
                    ]
                    there = there or [
                        r
                        for r in self.p.of("exchanges").values()
                        if r["researcher"] in self.homes[who] and r["id"] in rows
                    ]
                    self.check(
                        path,
                        there or not ref.startswith(("ev_", "out_", "com_", "proj_", "exch_", "lab_")),
                        f"no role in {ref}",
                    )
                self._said_of_any(path, part, [who, *([ref] if self.homes.get(ref) else [])])
            for fact in e["bio"]:
                path = f"{who}.bio.{fact['attr']}"
                self.has_numbers(path, fact["value"], self.is_said(path, fact, who))

    def funding(self):
        for e in self.y["funding"]:
            homes = {"fund_csail_annual": "lab_csail", "fund_macarthur": "per_choi_yj"}
            home = e.get("program") or homes.get(e["id"])
            if not home:
                self.lack(e["id"], "belongs to nothing")
                continue
            held = self.is_said(e["id"], e, home)
            if e["amount_krw"]:
                self.check(
                    e["id"],
                    any(s["value"] == str(e["amount_krw"]) for s in held),
                    f"{e['amount_krw']} won is said nowhere",
                )
            if not e.get("program"):
                lines = [r for r in self.p.of("funding-amounts").values() if r["planned"] == str(e["amount_krw"])]
                self.check(e["id"], not lines, "stands in the way of totals")

    def agreements(self):
        for e in self.y["agreements"]:
            held = self._record("agreements", e)
            for id in self.homes[e["id"]]:
                signed = e["date"] or e.get("date_inferred") or ""
                self.check(e["id"], self.p.rows[id]["signed_on"] == str(signed), f"not signed on {signed}")
            for party in e["parties"]:
                self.check(
                    e["id"],
                    self.beneath(e["id"], "participations", institution=party, part="party"),
                    f"{party} is no party",
                )
            self.has_numbers(e["id"], e["scope"], held)

    def committees(self):
        for e in self.y["committees"]:
            held = self._record("committees", e)
            for who in e["members"]:
                self.check(e["id"], self.beneath(e["id"], "roles", researcher=who), f"{who} is no member")
            self.has_numbers(e["id"], e["size"] or "", held)

    def _record(self, section: str, e: dict) -> list[dict]:
        self.check(e["id"], self.homes[e["id"]], "no record")
        if e.get("program") and self.homes[e["id"]] and (e["id"], "program") not in SAID_OTHERWISE:
            self.check(e["id"], self.in_program(e["id"], e["program"]), f"not under {e['program']}")
        return self.is_said(e["id"], e, e["id"])

    def events(self):
        for e in self.y["events"]:
            held = self._record("events", e)
            home = e["id"]
            for id in self.homes[home]:
                row = self.p.rows[id]
                for theirs, ours in (("date_start", "starts_on"), ("date_end", "ends_on")):
                    if (home, theirs) not in SAID_OTHERWISE and e[theirs]:
                        self.check(
                            home,
                            row[ours].rstrip("?~") == str(e[theirs]),
                            f"{theirs} {e[theirs]} is {row[ours] or 'empty'}",
                        )
                if e["parent"]:
                    self.check(home, row["parent"] in self.homes[e["parent"]], f"no part of {e['parent']}")
                if e["attendance"]:
                    self.check(
                        home, str(e["attendance"]) in (row["attendance"], row["attendance_expected"]), "attendance"
                    )
                if e["tz"] and e["time_end"]:
                    self.check(home, row["starts_at"] and row["ends_at"] and row["time_zone"], "no hours")
                if e["place"]:
                    self.check(home, row["place_ko"] or e["parent"], "no place")
            for who in e["people"]:
                there = self.beneath(home, "roles", researcher=who)
                if e["parent"] or not e.get("sessions"):
                    there = {id for id in there if self.p.rows[id]["scope"] in self.homes[home]}
                self.check(home, there, f"{who} has no role")
            for what, part in (("host", "host"), ("organiser", "organiser")):
                for by in e[what]:
                    labs = any(s["attribute"] == "host" for s in self.statements(home, 0))
                    there = (
                        labs
                        if by.startswith("lab_")
                        else self.beneath(home, "participations", institution=by, part=part)
                    )
                    self.check(home, there, f"{by} is no {what}")
            for program in e.get("also_program", []):
                self.check(home, self.in_program(home, program), f"not under {program}")
            for session in e.get("sessions", []):
                for talk in session["talks"]:
                    by = talk["by"]
                    file, column = (
                        ("roles", "researcher") if by.startswith("per_") else ("participations", "institution")
                    )
                    self.check(
                        f"{home}.session.{session['no']}",
                        self.beneath(home, file, **{column: by}),
                        f"{by} does not speak",
                    )
            self.has_numbers(home, [e["title"], e.get("topics", "")], held)
            if "local_time" in e:
                self.check(home, any("T10:00-04:00" in s["value"] for s in held), "the local hour")
                self.check(home, any(s["value"] == str(e["time_start"]) for s in held), "the Korean hour")

    def headcounts(self):
        for e in self.y["headcounts"]:
            if e["what"].startswith("change"):
                self.lack(e["id"], "a difference of two counts")
                continue
            held = self.is_said(e["id"], e, e["scope"])
            total = (
                {k: v for k, v in e["value"].items() if k != "total"} if isinstance(e["value"], dict) else e["value"]
            )
            self.has_numbers(e["id"], total, held)
            if e["scope"].startswith(("proj_", "prog_", "lab_")) and e["unit"] == "persons" and e["id"] not in FIGURES:
                counted = {
                    float(r["number"]) for r in self.p.of("headcounts").values() if r["scope"] in self.homes[e["scope"]]
                }
                self.check(e["id"], numbers(total) <= counted, f"no head count of {total}")

    def exchanges(self):
        for e in self.y["exchanges"]:
            held = self._record("exchanges", e)
            rows = [self.p.rows[id] for id in self.homes[e["id"]]]
            for theirs, ours in (("from", "sender"), ("to", "receiver")):
                if str(e[theirs]).startswith("inst_"):
                    self.check(e["id"], all(r[ours] in self.homes[e[theirs]] for r in rows), f"{theirs} {e[theirs]}")
            for who in e["people"]:
                there = [r for r in rows if r["researcher"] in self.homes[who]] or self.beneath(
                    e["id"], "roles", researcher=who
                )
                self.check(e["id"], there, f"{who} is not named")
            if e["date"]:
                self.check(e["id"], all(r["starts_on"] == str(e["date"]) for r in rows), "the date")
            if isinstance(e["size"], dict):
                self.check(e["id"], sum(int(r["number"]) for r in rows) == e["size"]["total"], "the number of people")
            self.has_numbers(e["id"], e["size"] or "", held if not isinstance(e["size"], dict) else [])

    def training(self):
        for e in self.y["training"]:
            held = self._record("training", e)
            self.has_numbers(e["id"], e.get("start") or "", held)

    def infrastructure(self):
        for e in self.y["infrastructure"]:
            held = self._record("infrastructure", e)
            if str(e["provider"]).startswith("inst_"):
                rows = [self.p.rows[id] for id in self.homes[e["id"]]]
                self.check(e["id"], all(r["provider"] in self.homes[e["provider"]] for r in rows), "the provider")
            self.has_numbers(e["id"], re.sub(r"^.*?:", "", e.get("quantity") or ""), held)

    def outputs(self):
        for e in self.y["outputs"]:
            held = self._record("outputs", e)
            for who in [*e.get("authors", []), *filter(None, [e.get("team"), e.get("first_author")])]:
                self.check(e["id"], self.beneath(e["id"], "roles", researcher=who), f"{who} has no role")
            for column, value in e.get("values", {}).items():
                rows = [self.p.rows[id] for id in self.homes[e["id"]]]
                there = [r for r in rows if r["metric"] == column.replace("_", " ") and float(r["value"]) == value]
                self.check(e["id"], there, f"{column} is not {value}")
            for ref in e.get("refs", []):
                there = [s for s in held if ref["title"] in s["value"] and ref["venue"] in s["value"]]
                self.check(e["id"], there, f"reference {ref['no']}")
            for key in ("value", "value_from", "value_to", "gain_pp", "rows", "year", "count", "tasks"):
                self.has_numbers(
                    e["id"], e.get(key) if e.get(key) is not None else "", self.statements(e["id"]) or held
                )

    def partners(self):
        for e in self.y["partners"]:
            people = [h for h in e["members"] if self.homes.get(h)]
            homes = [*people, e["program"]] if e.get("program") else people or ["per_lecun"]
            held = self.is_said(e["id"], e, *homes, "ev_networking_day_2025", "per_lecun", "per_choi_yj", "inst_everex")
            for key in ("founded", "market_factor", "awards", "products", "exercise_videos"):
                self.has_numbers(e["id"], e.get(key) or "", held)
            for member in e["members"]:
                self.check(e["id"], self.homes.get(member) or f"{member}" in LEFT_OUT, f"no record of {member}")

    def publications(self):
        for e in self.y["publications"]:
            self.check(e["id"], self.homes[e["id"]], "no source")
            self.is_said(e["id"], e, e["id"])
            for id in self.homes[e["id"]]:
                day = str(e["date"] or e["date_inferred"]).split()[0]
                self.check(e["id"], self.p.rows[id]["published_on"].startswith(day), f"not of {day}")

    def conflicts(self):
        """Each is a disagreement, and each of its statements stands at the same lines."""
        for e in self.y["conflicts"]:
            found = self.p.find("disagreements", HOMES["disagreements"].get(e["id"]))
            self.check(e["id"], found, "no disagreement")
            for id in found:
                row = self.p.rows[id]
                of_both = [s for r in (row["record"], row["other_record"]) for s in self.p.said.get(r, ())]
                about = [s for s in of_both if s["attribute"] == row["attribute"]]
                self.check(e["id"], about, "nothing is said of its attribute")
                self.check(e["id"], row["severity"] == e["severity"], f"severity {e['severity']}")


# ---- the tests ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def facts() -> dict:
    return yaml.load(FACTS.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@pytest.fixture(scope="module")
def walk(facts) -> Walk:
    return Walk(as_texts(facts), Package()).all()


def as_texts(value):
    """YAML dates as they are written; everything else as it is."""
    if isinstance(value, dict):
        return {k: as_texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_texts(v) for v in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def reason(path: str) -> str:
    return next(
        (why for pattern, why in LEFT_OUT.items() if fnmatch(path, pattern) or path.startswith(f"{pattern}.")), ""
    )


def test_the_package_holds_every_fact(walk):
    assert {path: why for path, why in walk.missing.items() if not reason(path)} == {}


def test_every_reason_for_leaving_out_has_its_fact(walk):
    idle = [p for p in LEFT_OUT if not any(fnmatch(path, p) for path in walk.missing)]
    assert idle == []


GONE = {  # what the walk must name when these rows are not in the package
    "institutions": ("slug", "hku", "inst_hku"),
    "researchers": ("name_ko", "정든솔", "per_jung_ds"),
    "labs": ("slug", "aisi", "lab_aisi"),
    "projects": ("slug", "gist-mit-hydrogen", "proj_gm_3"),
    "phases": ("number", "2", "proj_nairl_2.phases.1"),
    "agreements": ("signed_on", "2021-05-24", "agr_kaist_kt_2021"),
    "committees": ("size", "8", "com_kaist_kt_advisory"),
    "events": ("starts_on", "2025-06-27", "ev_talk_10"),
    "courses": ("kind", "degree", "train_ktai"),
    "facilities": ("kind", "gpu", "inf_kt_gpu"),
    "outputs": ("value", "99.5", "out_ars_mt10"),
    "exchanges": ("number", "2", "exch_gist_2022"),
    "headcounts": ("number", "19", "hc_nairl_for_2025"),
    "disagreements": ("kind", "homonym", "c_lee_jongho"),
}


def test_the_walk_names_what_is_gone(facts):
    walk = Walk(
        as_texts(facts), Package(without=lambda file, row: file in GONE and row[GONE[file][0]] == GONE[file][1])
    ).all()
    assert {fact for _column, _value, fact in GONE.values()} - walk.missing.keys() == set()


def test_the_walk_names_what_a_source_no_longer_says(facts, walk):
    silent = Package(without=lambda file, row: file == "citations" and row["source"] == walk.source["004"])
    lost = [why for why in Walk(as_texts(facts), silent).all().missing.values() if "source 004 says nothing" in why]
    assert len(lost) > 30
