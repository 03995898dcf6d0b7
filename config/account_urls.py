"""The addresses of accounts: signing in, one's own account, those that one manages, and the tokens of institutions.

They stand before those of lists.
"""

from django.contrib.auth.views import LogoutView
from django.urls import path

from labs import token_pages
from labs import views as managed
from people import views as own

patterns = [
    path("login/", own.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("invitation/", own.invitation, name="invitation"),
    path("password/forgotten/", own.ask_for_reset, name="ask_for_reset"),
    path("password/new/", own.reset, name="reset"),
    path("accounts/me/", own.my_account, name="my_account"),
    path("accounts/me/password/", own.my_password, name="my_password"),
    path("accounts/me/tokens/", own.my_token, name="my_token"),
    path("accounts/me/tokens/<int:pk>/revoke/", own.revoke_my_token, name="revoke_my_token"),
    path("accounts/", managed.list_accounts, name="accounts"),
    path("accounts/invite/", managed.invite, name="invite"),
    path("accounts/mails/", own.mails, name="mails"),
    path("accounts/mails/<uuid:pk>/again/", own.mail_again, name="mail_again"),
    path("accounts/<int:pk>/", managed.account, name="account"),
    path("accounts/<int:pk>/edit/", managed.edit, name="edit_account"),
    path("accounts/<int:pk>/invite-again/", managed.invite_again, name="invite_again"),
    path("accounts/<int:pk>/withdraw/", managed.withdraw_invitation, name="withdraw_invitation"),
    path("accounts/<int:pk>/deactivate/", managed.deactivate, name="deactivate"),
    path("accounts/<int:pk>/reactivate/", managed.reactivate, name="reactivate"),
    path("accounts/<int:pk>/tokens/<int:token>/revoke/", managed.revoke_token, name="revoke_token"),
    path("institutions/<str:key>/tokens/", token_pages.institution_tokens, name="institution_tokens"),
    path(
        "institutions/<str:key>/tokens/<int:pk>/revoke/",
        token_pages.revoke_institution_token,
        name="revoke_institution_token",
    ),
]
