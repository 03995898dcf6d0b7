"""The door of pages and API. Only the web loads this, so what is set here holds for no worker and no command."""

import os

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created
from django.dispatch import receiver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


ONLY_WHAT_ASKS_FOR_IT = 10**9  # is prepared: records/compiled.py


@receiver(connection_created)
def plan_for_short_answers(connection, **_kwargs):
    """A request reads few rows through indexes: to start parallel workers or to compile a plan costs it more than it gains.

    Where it reads a hundred thousand (all dates of a large institution), memory for their places is a third of the time.

    Said after connecting, not while: a pgbouncer would refuse such a start.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = 16384")
    connection.connection.prepare_threshold = ONLY_WHAT_ASKS_FOR_IT


django = get_wsgi_application()

from config.short_way import ShortWay  # noqa: E402  models are there only now

application = ShortWay(django)
