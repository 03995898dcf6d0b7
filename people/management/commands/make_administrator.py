import getpass
import sys

from django.core.management.base import BaseCommand, CommandError

from people import commands
from people.models import User
from records.refusals import Refused


class Command(BaseCommand):
    help = "Make an account an administrator: a new one with a password, or one that is there already."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, username, password_stdin, **options):
        try:
            _account, is_new = commands.make_administrator(username, self._password(username, password_stdin))
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{username} is an administrator now." + (" The account is new." if is_new else ""))

    def _password(self, username: str, from_stdin: bool) -> str:
        """None is asked for where the account is there already."""
        if from_stdin:
            return sys.stdin.readline().rstrip("\n")
        return "" if User.objects.called(username).exists() else self._ask()

    def _ask(self) -> str:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return password
