"""Who may report, and who may decide (design.md, “The rights”). Commands ask; pages ask only to hide a button."""

from collections import defaultdict
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from labs.models import Institution
from programs.models import Project
from records.refusals import NotAllowed
from records.rights import Reader

from .models import ProjectUpdate

# The project itself, the projects above it and its program: who takes part in one of them reports on the project.
TAKES_PART = """
WITH RECURSIVE above (id, parent_id, program_id) AS (
  SELECT id, parent_id, program_id FROM programs_project WHERE id = %(project)s
  UNION ALL SELECT p.id, p.parent_id, p.program_id FROM above a JOIN programs_project p ON p.id = a.parent_id
)
SELECT DISTINCT coalesce(i.merged_into_id, i.id) FROM programs_participation t JOIN labs_institution i ON i.id = t.institution_id
WHERE NOT t.is_retired AND t.scope_id IN (SELECT id FROM above UNION SELECT program_id FROM above)
"""

# The same for all projects at once: each project on which one of these institutions reports, with that institution.
PROJECTS = """
WITH RECURSIVE part (scope_id, institution) AS (
  SELECT t.scope_id, coalesce(i.merged_into_id, i.id) FROM labs_institution i
  JOIN programs_participation t ON t.institution_id = i.id AND NOT t.is_retired
  WHERE i.id = ANY(%(institutions)s) OR i.merged_into_id = ANY(%(institutions)s)
), begun (project, institution) AS (
  SELECT p.id, part.institution FROM part JOIN programs_project p ON p.id = part.scope_id
  UNION SELECT p.id, part.institution FROM part JOIN programs_project p ON p.program_id = part.scope_id
), reported (project, institution) AS (
  SELECT project, institution FROM begun
  UNION SELECT p.id, r.institution FROM reported r JOIN programs_project p ON p.parent_id = r.project
)
SELECT project, institution FROM reported
"""


def takes_part_in(project: UUID) -> set[UUID]:
    """Ids of the institutions that take part in the project, in one above it or in its program."""
    with connection.cursor() as cursor:
        cursor.execute(TAKES_PART, {"project": project})
        return {id for (id,) in cursor}


def reporting_institutions(reader: Reader, project: Project) -> set[UUID]:
    """Of the reader's own institutions, those that may report on this project: one that the reader may see."""
    if not reader.institutions or not Project.objects.visible_to(reader).filter(id=project.id).exists():
        return set()
    return set(reader.institutions) & takes_part_in(project.id)


def projects_of(reader: Reader) -> dict[UUID, set[UUID]]:
    """Ids of the projects on which the reader may report, each with those of its own institutions that may."""
    if not reader.institutions:
        return {}
    found: dict[UUID, set[UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(PROJECTS, {"institutions": list(reader.institutions)})
        for project, institution in cursor:
            found[project].add(institution)
    return found


def can_report(reader: Reader, project: Project, institution: Institution) -> bool:
    return institution.id in reporting_institutions(reader, project)


def can_write(reader: Reader, update: ProjectUpdate) -> bool:
    """Whether the reader writes for the institution that reports; in which states, the command says."""
    return is_own(reader, update)


def is_own(reader: Reader, update: ProjectUpdate) -> bool:
    return update.reporter in reader.institutions


def can_decide(reader: Reader, update: ProjectUpdate | None = None) -> bool:
    return reader.is_officer


def require_can_report(reader: Reader, project: Project, institution: Institution) -> None:
    if not can_report(reader, project, institution):
        raise NotAllowed(_("Only an institution that takes part in the project reports on it."))


def require_can_write(reader: Reader, update: ProjectUpdate) -> None:
    if not can_write(reader, update):
        raise NotAllowed(_("Only the reporting institution changes its report."))


def require_can_decide(reader: Reader) -> None:
    if not can_decide(reader):
        raise NotAllowed(_("Only officers decide on reports."))
