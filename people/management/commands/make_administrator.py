import getpass
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from people.models import User


class Command(BaseCommand):
    help = "Make an account an administrator: a new one with a password, or one that is there already."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, username, password_stdin, **options):
        user = User.objects.filter(username=username).first()
        is_new = user is None
        user = user or User(username=username)
        user.role, user.is_active = User.Role.ADMINISTRATOR, True
        if is_new or password_stdin:
            self._give_password(user, sys.stdin.readline().rstrip("\n") if password_stdin else self._ask())
        user.save()
        self.stdout.write(f"{username} is an administrator now." + (" The account is new." if is_new else ""))

    def _ask(self) -> str:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return password

    def _give_password(self, user: User, password: str) -> None:
        try:
            user.clean_fields(exclude=["password"])
            validate_password(password, user)
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from None
        user.set_password(password)
