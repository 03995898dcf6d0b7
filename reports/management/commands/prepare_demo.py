import secrets
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from labs.models import Institution, Membership
from people.models import User
from programs.models import Participation, Program
from records.history import change
from records.models import Change, Record
from reports.models import Obligation

DATA = Path(settings.BASE_DIR) / "data" / "registry"
ROLES = list(User.Role)
REPORTS_FOR = "kaist"
REPORTS_ON = "nairl"


class Command(BaseCommand):
    help = "On an empty registry: load the sample registry, and outside production make one account per role, and something to report."

    def handle(self, **options):
        if not Record.objects.exists():
            call_command("load_registry", DATA, reason="sample registry", stdout=self.stdout, stderr=self.stderr)
        if not settings.PRODUCTION and not User.objects.exists():
            self._make_accounts()
            self._make_obligation()

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

    def _make_obligation(self):
        """No source states it: it is there to be tried."""
        said = {"actor_name": "prepare_demo", "door": Change.Door.COMMAND, "reason": "시연용 보고 의무"}
        with change(**said):
            for program in Program.objects.filter(slug=REPORTS_ON):
                Obligation.objects.create(
                    scope_id=program.id,
                    title_ko="반기 진도보고(시연용)",
                    title_en="Half-yearly progress report (for demonstration)",
                    parts=[Participation.Part.LEAD, Participation.Part.JOINT],
                    rhythm=Obligation.Rhythm.MONTHS,
                    every_months=6,
                    starts_on="2026-01-01",
                )
