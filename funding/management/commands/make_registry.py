import time

from django.core.management.base import BaseCommand, CommandError

from funding.making import SIZES, Occupied, make
from records.figures import recompute_all
from records.tasks import wake_workers


class Command(BaseCommand):
    help = "Fill an empty registry with made-up records and years of history, to measure and test against."

    def add_arguments(self, parser):
        parser.add_argument("--size", choices=SIZES, required=True, help="2,000 / 25,000 / 250,000 projects")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same registry")
        parser.add_argument("--add", action="store_true", help="also where there are records already")
        parser.add_argument(
            "--figures", action="store_true", help="work out the figures too, without waiting for a worker"
        )

    def handle(self, size: str, seed: int, add: bool, figures: bool, **options):
        try:
            make(SIZES[size], seed, add=add, tell=self.stdout.write)
        except Occupied:
            raise CommandError("The registry is not empty. Nothing was written; --add adds to it.") from None
        if figures:
            started = time.perf_counter()
            recompute_all()
            self.stdout.write(f"figures: {time.perf_counter() - started:.1f} s")
        else:
            wake_workers()
            self.stdout.write("A worker works out the figures now; without one: manage.py recompute_figures")
