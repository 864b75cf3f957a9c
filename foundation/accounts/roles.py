"""What a role may say: the table of `resource:action` codes, and the roles of a fresh installation.

Codes speak of kinds of things (may this person create personas at all?). Who may do what with one certain thing is the
business of `.permitted()`.
"""

_CRUD = ("view", "create", "change", "delete")

ACTIONS: dict[str, tuple[str, ...]] = {
    "user": _CRUD,
    "role": (*_CRUD, "grant"),
    "team": _CRUD,
    "persona": (*_CRUD, "operate"),
    "persona_team": _CRUD,
    "project": _CRUD,
    "workflow": (*_CRUD, "operate"),
    "task": ("view", "create", "change"),
    "plan": (*_CRUD, "approve"),
    "approval": ("view", "decide"),
    "discussion": (*_CRUD, "operate"),
    "vault": _CRUD,
    "note": ("view", "change"),
    "source": ("view", "create", "delete"),
    "provider": _CRUD,
    "credential": _CRUD,
    "mcp_server": (*_CRUD, "operate"),
    "usage": ("view",),
    "budget": _CRUD,
    "audit": ("view", "export"),
    "alert": ("view", "change"),
    "log": ("view",),
}

MODELS: dict[str, tuple[str, str]] = {
    "user": ("accounts", "user"),
    "role": ("accounts", "role"),
    "team": ("accounts", "team"),
    "persona": ("personas", "persona"),
    "persona_team": ("personas", "personateam"),
    "project": ("workflows", "project"),
    "workflow": ("workflows", "workflow"),
    "task": ("workflows", "task"),
    "plan": ("plans", "plan"),
    "approval": ("plans", "approvalrequest"),
    "discussion": ("workflows", "discussion"),
    "vault": ("knowledge", "vault"),
    "note": ("knowledge", "note"),
    "source": ("knowledge", "source"),
    "credential": ("ai_integration", "credential"),
    "usage": ("ai_integration", "callrecord"),
    "audit": ("activity", "auditentry"),
}
"""Which model a resource is, as Django's permissions name it: `(app label, model)`."""

_OF_MODELS = {"view": "view", "create": "add", "change": "change", "delete": "delete"}

ALL_CODES = frozenset(f"{resource}:{action}" for resource, actions in ACTIONS.items() for action in actions)


def django_permission(code: str) -> tuple[str, str]:
    """The `(app label, codename)` of the Django permission that stands for a code."""
    resource, _, action = code.partition(":")
    if resource in MODELS and action in _OF_MODELS:
        label, model = MODELS[resource]
        return label, f"{_OF_MODELS[action]}_{model}"
    return "accounts", f"{action}_{resource}"


def permissions_of_no_model() -> tuple[tuple[str, str], ...]:
    """The codes for which Django makes no permission by itself, as `Meta.permissions`."""
    codes = sorted(code for code in ALL_CODES if not _is_of_model(code))
    return tuple((django_permission(code)[1], f"Can {code.replace(':', ' ')}") for code in codes)


def _is_of_model(code: str) -> bool:
    resource, _, action = code.partition(":")
    return resource in MODELS and action in _OF_MODELS


def _codes(*patterns: str) -> list[str]:
    """The known codes that match `resource:action` patterns, where `*` stands for every resource or action."""
    wanted = [pattern.split(":") for pattern in patterns]
    return sorted(
        code
        for code in ALL_CODES
        if any(
            part[0] in ("*", code.split(":")[0]) and part[1] in ("*", code.split(":")[1]) for part in wanted
        )
    )


_WORK = ("project", "workflow", "task", "discussion", "source")
_EVERYDAY_VIEWS = ("persona", "persona_team", "plan", "approval", "vault", "note", "usage", *_WORK)

SEEDED: dict[str, list[str]] = {
    "owner": sorted(ALL_CODES),
    "manager": sorted(
        {*_codes("*:*")}
        - {*_codes("role:*", "audit:export", "user:delete")}
        # A server's command runs on the platform's own machine.
        - {*_codes("mcp_server:create", "mcp_server:change", "mcp_server:delete")}
    ),
    "approver": _codes(*(f"{name}:view" for name in _EVERYDAY_VIEWS), "plan:approve", "approval:decide"),
    "member": _codes(
        *(f"{name}:view" for name in _EVERYDAY_VIEWS),
        *(f"{name}:*" for name in _WORK),
        "persona:*",
        "persona_team:*",
        "team:create",
        "credential:create",
        "plan:create",
        "plan:change",
        "approval:decide",
        "note:change",
    ),
    "viewer": _codes(*(f"{name}:view" for name in _EVERYDAY_VIEWS)),
    "auditor": _codes("audit:*", "log:view", "usage:view", "alert:view", "user:view", "role:view"),
}
