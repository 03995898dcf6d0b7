from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class RecordsConfig(AppConfig):
    name = "records"

    def ready(self):
        pre_migrate.connect(before_migration, sender=self)
        post_migrate.connect(after_migration, sender=self)


def before_migration(plan=(), **_kwargs):
    """Views stand in the way of a migration that alters a column."""
    from .reporting.making import drop_views

    if plan:
        drop_views()


def after_migration(**_kwargs):
    """After a migration that gave a table an index, its history has it too; the views are there; after a restore no change waits."""
    from .data_version import settle_restored
    from .kinds import kinds
    from .mirroring import mirror_indexes
    from .reporting.making import make_views

    mirror_indexes([kind.model._meta.db_table for kind in kinds().values()])
    make_views()
    settle_restored()
