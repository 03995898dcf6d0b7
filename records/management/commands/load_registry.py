from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from records import package
from records.tasks import wake_workers


class Command(BaseCommand):
    help = "Load a data package (a folder with datapackage.json and one CSV per kind). All of it or nothing."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument("--reason", default="")

    def handle(self, path: Path, dry_run: bool, reason: str, **options):
        if not path.is_dir():
            raise CommandError(f"{path} is not a folder.")
        try:
            loaded = package.load(
                path, actor_name="load_registry", reason=reason or f"load {path.name}", dry_run=dry_run
            )
        except package.Refused as refused:
            for problem in refused.problems:
                self.stderr.write(str(problem))
            raise CommandError(f"Refused: {len(refused.problems)} problems. Nothing was written.") from None
        for file, (added, changed, same) in loaded.counts.items():
            self.stdout.write(f"{file}: {added} added, {changed} changed, {same} the same")
        if dry_run:
            self.stdout.write("Dry run: nothing was written.")
        else:
            wake_workers()
