import secrets
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from labs.models import Institution, Membership
from people.models import User
from records.models import Record

DATA = Path(settings.BASE_DIR) / "data" / "registry"
ROLES = list(User.Role)
REPORTS_FOR = "kaist"


class Command(BaseCommand):
    help = "On an empty registry: load the sample registry, and outside production make one account per role."

    def handle(self, **options):
        if not Record.objects.exists():
            call_command("load_registry", DATA, reason="sample registry", stdout=self.stdout, stderr=self.stderr)
        if not settings.PRODUCTION and not User.objects.exists():
            self._make_accounts()

    @transaction.atomic
    def _make_accounts(self):
        self.stdout.write("Demo accounts; the passwords are shown only now:")
        for role in ROLES:
            password = secrets.token_urlsafe(9)
            address = f"{role.value}@example.org"
            user = User.objects.create_user(role.value, address, password, role=role)
            if role == User.Role.PARTNER:
                for institution in Institution.objects.filter(slug=REPORTS_FOR):
                    Membership.objects.create(user=user, institution=institution)
            self.stdout.write(f"  {role.value:<14} {password}")
