from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from records.figures import StaleMark, figures


class Command(BaseCommand):
    help = "Work out every figure from the facts and report any that is stored differently. Fails if there is one."

    def handle(self, **options):
        found = 0
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            waiting = StaleMark.objects.count()
            for figure in figures().values():
                for sentence in figure.differences():
                    found += 1
                    self.stderr.write(sentence)
        if waiting:
            self.stderr.write(f"{waiting} changes were not worked in yet; differences may come from them.")
        if found:
            raise CommandError(f"{found} differences.")
        self.stdout.write("Every figure is right.")
