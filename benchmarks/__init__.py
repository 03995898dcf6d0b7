"""What is measured, not tested: each prints its figures side by side in one run and leaves nothing behind."""

import contextlib
import os


@contextlib.contextmanager
def registry():
    """Django on the servers of DATA_DIR (or DATABASE_URL), migrated; started for the measurement if they do not run."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import servers

    with servers.for_command(["manage.py", "migrate"]):
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
