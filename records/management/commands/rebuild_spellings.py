from django.core.management.base import BaseCommand
from django.db import transaction

from records.spellings import rebuild


class Command(BaseCommand):
    help = "Work out anew by which spellings records are found while somebody types. Triggers keep them; this repairs them."

    @transaction.atomic
    def handle(self, **options):
        rebuild()
        self.stdout.write("The spellings of every record were worked out anew.")
