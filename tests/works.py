"""Works that only tests do. Each changes something in the registry, so that one can count how often it was done."""

import time
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from labs.models import Institution
from records import commands
from records.history import change
from records.jobs import Outcome, Work
from records.kinds import kinds


class Refused(ValueError):
    """Carries sentences for people."""


def write(run, slug="made") -> None:
    with change(actor_name=run.by.name, reason="job"):
        Institution.objects.create(slug=slug, name_ko="만든 기관", kind="university")


def hold(run, gate: str) -> Outcome:
    """Writes, says that it has done one of three, and waits until the file `gate` is there."""
    write(run)
    run.log(_("done"))
    run.progress(1, 3)
    while not Path(gate).exists():
        run.check()
        time.sleep(0.05)
    run.progress(3, 3)
    return Outcome("held", link="/ko/institutions/made/", data={"made": 1})


def sleep(run) -> None:
    """Waits in one statement that would take an hour."""
    write(run, "slept")
    run.progress(1, 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(3600)")


def deaf(run) -> None:
    """Does not want to hear that it is cancelled."""
    try:
        sleep(run)
    except Exception:
        return


def refuse(run, problems: int) -> None:
    write(run, "refused")
    raise Refused("\n".join(f"sentence {n}" for n in range(problems)))


def collide(run) -> None:
    write(run)
    write(run)


def fail(run) -> None:
    write(run)
    raise RuntimeError("a value that nobody may read")


def command(run) -> None:
    """What works of the registry do: they call commands."""
    commands.create(kinds()["institution"], {"slug": "made", "name_ko": "만든 기관", "kind": "university"}, by=run.by)


def lose(run) -> None:
    """What a restart of the database looks like."""
    write(run)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def make_file(run, text: str) -> Outcome:
    run.file("표 1.csv").write_text(text, encoding="utf-8")
    return Outcome("made")


HOLD = Work("hold", "holding", hold, units="steps")
SLEEP = Work("sleep", "sleeping", sleep)
DEAF = Work("deaf", "not hearing", deaf)
REFUSE = Work("refuse", "refusing", refuse, refusals=(Refused,))
COLLIDE = Work("collide", "colliding", collide)
COMMAND = Work("command", "commanding", command)
FAIL = Work("fail", "failing", fail)
LOSE = Work("lose", "losing", lose)
MAKE_FILE = Work("make_file", "making a file", make_file)
