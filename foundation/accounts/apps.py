from django.apps import AppConfig
from django.conf import settings


class AccountsConfig(AppConfig):
    name = "foundation.accounts"
    label = "accounts"

    def ready(self) -> None:
        from foundation.accounts import services
        from foundation.core import scopes, seeding

        scopes.register(named_only=("user", "role"), parts={"invitations": "user"})
        seeding.register("roles", services.roles_seed)
        if settings.SIGN_IN == "link":
            seeding.register("local user", services.local_user)
