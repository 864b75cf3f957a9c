from django.urls import path
from rest_framework.routers import SimpleRouter

from foundation.accounts.api import people, schema, views
from foundation.accounts.api.teams import PeopleTeamViewSet

__all__ = ["schema", "urlpatterns"]

router = SimpleRouter()
router.register("users", people.UserViewSet, basename="user")
router.register("roles", people.RoleViewSet, basename="role")
router.register("invitations", people.InvitationViewSet, basename="invitation")
router.register("auth/tokens", people.PersonalTokenViewSet, basename="personal-token")
router.register("teams", PeopleTeamViewSet, basename="people-team")

urlpatterns = [
    path("auth/token/", views.TokenView.as_view(), name="auth-token"),
    path("auth/token/refresh/", views.TokenRefreshView.as_view(), name="auth-token-refresh"),
    path("auth/join/", views.JoinView.as_view(), name="auth-join"),
    path("auth/password/ask/", views.ResetAskView.as_view(), name="auth-password-ask"),
    path("auth/password/", views.ResetView.as_view(), name="auth-password"),
    path("auth/logout/", views.LogoutView.as_view(), name="auth-logout"),
    path("auth/me/", views.MeView.as_view(), name="auth-me"),
    path("auth/ws-ticket/", views.SocketTicketView.as_view(), name="auth-ws-ticket"),
    *router.urls,
]
