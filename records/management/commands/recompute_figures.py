from django.core.management.base import BaseCommand

from records.figures import recompute_all


class Command(BaseCommand):
    help = "Work out every figure anew from the facts."

    def handle(self, **options):
        recompute_all()
        self.stdout.write("Every figure was worked out anew.")
