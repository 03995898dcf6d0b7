from datetime import date

from django.core.management.base import BaseCommand, CommandError

from records.published import folders
from records.published.making import AtWork, publish


class Command(BaseCommand):
    help = "Publish what anyone may see as the Data Package of today, where there is none yet."

    def add_arguments(self, parser):
        parser.add_argument("--anew", action="store_true", help="write it again: it takes the place of today's")
        parser.add_argument("--withdraw", metavar="DAY", help="take the package of this day (2026-11-22) away instead")

    def handle(self, anew, withdraw, **options):
        if withdraw:
            return self._withdraw(withdraw)
        try:
            package, is_new = publish(anew=anew)
        except AtWork:
            raise CommandError("Another process writes a package at this moment.") from None
        said = "was published" if is_new else "is there already"
        self.stdout.write(f"/data/{package.day}/ {said}: {package.rows} rows, {package.bytes} bytes.")

    def _withdraw(self, day: str) -> None:
        try:
            was_there = folders.withdraw(date.fromisoformat(day))
        except ValueError:
            raise CommandError(f"{day} is no day; write for example 2026-11-22.") from None
        if not was_there:
            raise CommandError(f"There is no package of {day}.")
        self.stdout.write(f"The package of {day} was taken away.")
