"""The admin of people, and what lets other rooms' admins share things with them."""

from foundation.accounts.admin import people
from foundation.accounts.admin.sharing import Sharing

__all__ = ["Sharing", "people"]
