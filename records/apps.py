from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RecordsConfig(AppConfig):
    name = "records"

    def ready(self):
        post_migrate.connect(after_migration, sender=self)


def after_migration(**_kwargs):
    """After a migration that gave a table an index, its history has it too; after a restore no change waits."""
    from .data_version import settle_restored
    from .kinds import kinds
    from .mirroring import mirror_indexes

    mirror_indexes([kind.model._meta.db_table for kind in kinds().values()])
    settle_restored()
