"""Signing in by user name or by e-mail address, in small letters or capitals."""

from django.contrib.auth.backends import ModelBackend

from .models import User


class NameOrAddress(ModelBackend):
    def authenticate(self, request, username=None, password=None, **kwargs):
        if not username or password is None:
            return None
        accounts = list(User.objects.called(username))
        if not accounts:
            User().set_password(password)  # so that it takes as long as for an account that exists
        for account in accounts:
            if account.check_password(password) and self.user_can_authenticate(account):
                return account
        return None

    def user_can_authenticate(self, user) -> bool:
        return super().user_can_authenticate(user) and not user.is_machine
