"""Who may do what with which rows, as one condition of a query.

The condition on one person differs from that on another by their key alone. So it is built and compiled once per model and
action; a query then only fills in who asks. (Building it anew took longer than everything else that a list does.)
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Self
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Exists, F, Lookup, Model, OuterRef, Q, QuerySet
from django.db.models.lookups import In
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

SOMEBODY = UUID("5b0d7a52-6c1e-4f5d-9a42-000000000000")
"""Stands for the person in a compiled condition."""
THEIR_GROUPS = "their groups"
"""Stands there for the keys of the groups that they are in."""

_ALIAS = re.compile(r"\b([A-Z]{1,2}\d+)\b")
LEVELS = ("view", "comment", "operate", "manage")
NEEDED = {"view": "view", "comment": "comment", "operate": "operate", "approve": "operate"}
"""The level that an action takes; every other action (change, delete, share, …) takes the highest."""


def level_permissions(model_name: str) -> tuple[tuple[str, str], ...]:
    """`Meta.permissions` of a model that can be shared. `view_…` is one of Django's own."""
    return tuple((f"{level}_{model_name}", f"Can {level} {model_name}") for level in LEVELS[1:])


def levels_for(action: str) -> tuple[str, ...]:
    """The levels at which `action` is allowed."""
    return LEVELS[LEVELS.index(NEEDED.get(action, "manage")) :]


class Form(Enum):
    """What a condition is good for: rows joined with whatever else a query asks, the first few of a list, or single rows."""

    KEYS = "keys"
    GATHERED = "keys, read before anything else"
    PROBES = "asked of row after row"


class May(Lookup):
    """The condition that `user` may do `action` with a row of `model`, kept apart from others so that `listing` finds it.

    A lookup, because only those stand in a WHERE as they are; SQLite would compare anything else with true, by no index.
    """

    lookup_name = "may"
    contains_aggregate = contains_over_clause = is_summary = False

    def __init__(self, model: type[Model], user: Any, action: str, form: Form = Form.KEYS) -> None:
        self.asked, self.form, self.alias = (model, user, action), form, ""

    @property
    def identity(self) -> tuple[Any, ...]:
        return self.__class__, *self.asked, self.form, self.alias

    def get_source_expressions(self) -> list[Any]:
        return []

    def resolve_expression(self, query: Any = None, *_args: Any, **_kwargs: Any) -> Self:
        resolved = self.copy()
        resolved.alias = query.get_initial_alias()
        return resolved

    def relabeled_clone(self, change_map: dict[str, str]) -> Self:
        clone = self.copy()
        clone.alias = change_map.get(self.alias, self.alias)
        return clone

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, params = self._compiled(connection)
        rows = connection.ops.quote_name(self.alias)
        return sql.replace(_ROW, f"{rows}."), [_filled(each, self.asked[1]) for each in params]

    def spelled(self, form: Form) -> "May":
        """The same condition in another form."""
        return May(*self.asked, form)

    def columns(self, connection: Any) -> set[str]:
        """Which of the row's own columns it reads."""
        return set(_COLUMN.findall(self._compiled(connection)[0]))

    def _compiled(self, connection: Any) -> tuple[str, tuple[Any, ...]]:
        model, user, action = self.asked
        codes = frozenset(user.permission_codes) if action in _actions_with_codes(model) else frozenset()
        return _compiled(model, action, self.form, codes, connection.vendor)


_ROW = "{row}."
_COLUMN = re.compile(re.escape(_ROW) + r'"(\w+)"')


@cache
def _compiled(
    model: type[Model], action: str, form: Form, codes: frozenset[str], _vendor: str
) -> tuple[str, tuple[Any, ...]]:
    """The condition's SQL, with a mark for the row's table and names of its own for all others, and its parameters."""
    query = model._base_manager.filter(_rule(model, action, codes, form)).query
    sql, params = query.get_compiler(connection=connection).compile(query.where)
    own = f"{connection.ops.quote_name(model._meta.db_table)}."
    return f"({_ALIAS.sub(r'may_\1', sql).replace(own, _ROW)})", tuple(params)


def _filled(param: Any, user: Any) -> Any:
    if param == SOMEBODY:
        return user.pk
    if param == SOMEBODY.hex:
        return user.pk.hex
    return user.group_ids if param == THEIR_GROUPS else param


class Among(In):
    """Whether a field is one of `keys`, which PostgreSQL reads before anything else. Of a subquery it expects that it holds
    as much for them as for everybody, and then reads whole tables once; of keys at hand it expects few."""

    def __init__(self, field: str, keys: QuerySet) -> None:
        super().__init__(F(field), keys.query)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        field, params = self.process_lhs(compiler, connection)
        keys, inner = self.process_rhs(compiler, connection)
        return f"{field} IN (SELECT unnest(ARRAY{keys}))", (*params, *inner)


class AmongTheirGroups(Among):
    """Whether a key is that of a group of theirs. These are few, and may be looked through for each row. `told` which they are
    PostgreSQL knows how much was shared with them, which costs a query before."""

    def __init__(self, field: str, *, told: bool) -> None:
        theirs = get_user_model().groups.through._default_manager.filter(user=SOMEBODY)
        super().__init__(field, theirs.values("group"))
        self.told = told

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        group, params = self.process_lhs(compiler, connection)
        keys, inner = ("(%s)", (THEIR_GROUPS,)) if self.told else self.process_rhs(compiler, connection)
        return f"{group} = ANY({'' if self.told else 'ARRAY'}{keys})", (*params, *inner)


class Probe(Exists):
    """Asked of row after row: without an OFFSET PostgreSQL rather reads everything that could ever match."""

    template = "EXISTS(%(subquery)s OFFSET 0)"


@cache
def _actions_with_codes(model: type[Model]) -> frozenset[str]:
    return frozenset(getattr(model, "codes_too", {}))


def permission_q(model: type[Model], user: Any, action: str) -> Q:
    """The condition, to be joined with others."""
    return Q(May(model, user, action))


def _rule(model: type[Model], action: str, codes: frozenset[str], form: Form) -> Q:
    """The condition on SOMEBODY: over the keys of what they may or asked of row after row by index."""
    through = getattr(model, "permitted_through", None)
    if form is not Form.PROBES:
        target = model._meta.get_field(through).related_model if through else model
        return _among(through or "pk", _keys(target, action, codes, form), form)
    if not through:
        return _probes(model, action, codes)
    rows = model._meta.get_field(through).related_model._base_manager
    return Q(Probe(rows.filter(_rule(rows.model, action, codes, form)).filter(pk=OuterRef(through))))


def _among(field: str, keys: QuerySet, form: Form) -> Q:
    return Q(Among(field, keys)) if form is Form.GATHERED else Q(**{f"{field}__in": keys})


def _keys(model: type[Model], action: str, codes: frozenset[str], form: Form) -> QuerySet:
    """The keys of the rows with which SOMEBODY may do `action`: one set beside the other, each found by its index."""
    rows = model._base_manager.order_by()
    if getattr(model, "permitted_through", None):
        return rows.filter(_rule(model, action, codes, form)).values("pk")
    own, shared = rows.filter(**{owner_field(model): SOMEBODY}).values("pk"), _shares(model, action, form)
    if _held_back(model, action, codes) or shared is None:
        return own
    sets = [each.order_by().values("content_object_id") for each in shared]
    for holder in holders(model):
        if holder.passes(action):
            parents = holder.model._base_manager.order_by().filter(_rule(holder.model, action, codes, form))
            sets.append(_held_by(model, holder, parents, form))
    return own.union(*sets)


def _held_by(model: type[Model], holder: "Holder", parents: QuerySet, form: Form) -> QuerySet:
    if holder.inside:
        rows = model._base_manager.order_by()
        return rows.filter(_among(holder.field, parents.values("pk"), form)).values("pk")
    same_owner = {f"{holder.field}__{owner_field(model)}": F(owner_field(holder.model))}
    return parents.filter(**same_owner).values(holder.field)


def _probes(model: type[Model], action: str, codes: frozenset[str]) -> Q:
    q, shared = Q(**{owner_field(model): SOMEBODY}), _shares(model, action, Form.PROBES)
    if _held_back(model, action, codes) or shared is None:
        return q
    for rows in shared:
        q |= Q(Probe(rows.filter(content_object=OuterRef("pk"))))
    for holder in holders(model):
        if holder.passes(action):
            parents = holder.model._base_manager.filter(_rule(holder.model, action, codes, Form.PROBES))
            q |= Q(Probe(parents.filter(**holder.seen_from(model))))
    return q


def _held_back(model: type[Model], action: str, codes: frozenset[str]) -> bool:
    """Whether what was shared is not enough for the action: a role must say it too."""
    code = getattr(model, "codes_too", {}).get(action)
    return code is not None and code not in codes


@dataclass(frozen=True)
class Holder:
    """What hands its rights on. `field` is the holder's own and names what it holds, or (`inside`) the held thing's.

    Rows that a holder names count only when both have one owner: else naming a thing would be a way to give it away. They
    get at most the level `most`.
    """

    model: type[Model]
    field: str
    inside: bool
    most: str = "manage"

    def passes(self, action: str) -> bool:
        return self.most in levels_for(action)

    def seen_from(self, held: type[Model]) -> dict[str, OuterRef]:
        """How the holder of a row of `held` is found."""
        if self.inside:
            return {"pk": OuterRef(self.field)}
        return {self.field: OuterRef("pk"), owner_field(self.model): OuterRef(owner_field(held))}

    def of(self, obj: Any) -> QuerySet:
        """The holders of `obj`."""
        rows = self.model._default_manager
        if self.inside:
            return rows.filter(pk=getattr(obj, f"{self.field}_id"))
        return rows.filter(**{self.field: obj, owner_field(self.model): getattr(obj, owner_field(type(obj)))})


@cache
def holders(model: type[Model]) -> tuple[Holder, ...]:
    """What a model's `lies_in` names, and what names the model in its own `holds` (`{field: highest level}`)."""
    around = [
        Holder(model._meta.get_field(name).related_model, name, inside=True)
        for name in getattr(model, "lies_in", ())
    ]
    naming = [
        Holder(
            each.related_model, each.field.name, inside=False, most=each.related_model.holds[each.field.name]
        )
        for each in model._meta.related_objects
        if each.field.name in getattr(each.related_model, "holds", {})
    ]
    return (*around, *naming)


@cache
def share_tables(model: type[Model]) -> tuple[Any, Any] | None:
    """The tables that say with which users and with which groups rows of `model` are shared, if they can be."""
    to_users, to_groups = get_user_obj_perms_model(model), get_group_obj_perms_model(model)
    return (to_users, to_groups) if hasattr(to_users, "content_object_id") else None


def owner_field(model: type[Model]) -> str:
    return getattr(model, "owner_field", "owner")


def _shares(model: type[Model], action: str, form: Form) -> tuple[QuerySet, QuerySet] | None:
    """What was shared with SOMEBODY in person, and through groups, at a level that lets them do `action`."""
    tables = share_tables(model)
    if tables is None:
        return None
    to_users, to_groups = tables
    levels = levels_for(action)
    # Whatever was shared may be seen: for that, no permission needs to be looked at.
    enough = {"permission__codename__in": [f"{level}_{model._meta.model_name}" for level in levels]}
    enough = {} if levels == LEVELS else enough
    in_person = to_users.objects.filter(user=SOMEBODY, **enough)
    theirs = AmongTheirGroups("group_id", told=form is Form.KEYS)
    return in_person, to_groups.objects.filter(theirs, **enough)
