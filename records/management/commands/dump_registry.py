from pathlib import Path

from django.core.management.base import BaseCommand

from records import package


class Command(BaseCommand):
    help = "Write the whole registry as a data package into a folder."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path)

    def handle(self, path: Path, **options):
        package.dump(path)
        self.stdout.write(f"Written to {path}")
