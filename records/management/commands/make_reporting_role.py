import getpass
import sys

from django.core.management.base import BaseCommand, CommandError

from records.reporting.roles import Limits, MayNotMakeRoles, RoleRefused, a_password, drop_role, make_role


class Command(BaseCommand):
    help = (
        "Make a database role for reporting tools, which reads the views of the schema `reporting` and nothing else;"
        " one that was made before gets a new password and these limits."
    )

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--connections", type=int, default=Limits.connections, help="at once (%(default)s)")
        parser.add_argument("--seconds", type=int, default=Limits.seconds, help="that a query may take (%(default)s)")
        parser.add_argument("--drop", action="store_true", help="take the role away instead")

    def handle(self, name, connections, seconds, drop, **options):
        try:
            if drop:
                drop_role(name)
                self.stdout.write(f"There is no role {name} any more.")
            else:
                self._make(name, Limits(connections, seconds))
        except RoleRefused as refused:
            raise CommandError(str(refused)) from None

    def _make(self, name: str, limits: Limits) -> None:
        typed = self._ask() if sys.stdin.isatty() else ""
        password = typed or a_password()
        try:
            make_role(name, password, limits)
        except MayNotMakeRoles as refused:
            self.stdout.write("\n".join(refused.statements))
            self._show(typed, password)
            raise
        self._show(typed, password)
        self.stderr.write(f"{name} reads the schema reporting now.")

    def _show(self, typed: str, password: str) -> None:
        if not typed:
            self.stderr.write("The password, shown this once:")
            self.stdout.write(password)

    def _ask(self) -> str:
        password = getpass.getpass("Password (empty: one is made): ")
        if password != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return password
