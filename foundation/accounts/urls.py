"""Addresses of the pages on which people come in, and of those about them."""

from django.urls import path, re_path

from foundation.accounts.views import arriving, doors, own, people

urlpatterns = [
    path("sign-in/", doors.sign_in, name="sign-in"),
    path("language/", doors.language, name="language"),
    path("sign-out/", doors.sign_out, name="sign-out"),
    path("invitation/", arriving.join, name="join"),
    path("password/ask/", arriving.password_ask, name="password-ask"),
    path("password/new/", arriving.password_new, name="password-new"),
    path("settings/people/", people.people, name="people"),
    re_path(
        r"^settings/people/(?P<pk>[0-9a-f-]{36})/(?P<action>roles|enable|disable)/$",
        people.person_act,
        name="person-act",
    ),
    path("settings/people/<uuid:pk>/password-link/", people.password_link, name="person-password-link"),
    re_path(
        r"^settings/people/invitations/(?P<pk>[0-9a-f-]{36})/(?P<action>link|revoke)/$",
        people.invitation_act,
        name="invitation-act",
    ),
    path("settings/tokens/", own.tokens, name="tokens"),
    path("settings/tokens/<uuid:pk>/revoke/", own.token_revoke, name="token-revoke"),
    path("settings/password/", own.password, name="password"),
]
