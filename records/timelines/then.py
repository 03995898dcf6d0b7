"""In the past each kind's rows are asked, and no index there tells of programs or of parts taken: so these are looked up
once, and the rows of each kind by their ids."""

from uuid import UUID

from django.db import connection

RECORDS = "SELECT r.kind, array_agg(DISTINCT r.id) FROM public.records_record r"


def of_program(within: UUID) -> dict[str, list[UUID]]:
    """The records of a program, by their kind."""
    return _by_kind(f"{RECORDS} WHERE r.within = %(within)s GROUP BY 1", {"within": within})


def parts_are_in(parts: str, parameters: dict) -> dict[str, list[UUID]]:
    """The records, by their kind, that these parts are taken in: SQL that says `scope`."""
    return _by_kind(f"{RECORDS} JOIN ({parts}) c ON c.scope = r.id GROUP BY 1", parameters)


def _by_kind(sql: str, parameters: dict) -> dict[str, list[UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return dict(cursor.fetchall())
