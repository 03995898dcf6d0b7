"""What `KeepRecord` gave every table, given once more: for a migration after which the triggers are to do something else."""

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from .keeping import KeepRecord


class KeepAgain(Operation):
    """Keep every table anew that a migration before this one keeps: what triggers do has changed, not the columns.

    name     of this migration: what comes after it is not there yet
    """

    reversible = False

    def __init__(self, name: str):
        self.name = name

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        loader = MigrationLoader(None)
        before = loader.graph.forwards_plan((app_label, self.name))
        of_all = [one for key in before for one in loader.graph.nodes[key].operations if isinstance(one, KeepRecord)]
        for keep in {keep.table: keep for keep in of_all}.values():
            keep.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return "Keep the history of every kept table anew"
