"""The admin of delegated work and of discussions."""

from workflows.admin import discussions, work

__all__ = ["discussions", "work"]
