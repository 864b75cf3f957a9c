"""The full-text index over passages: one small interface, one engine per database."""

from knowledge.index.document import Scope, document, fields, scope_of
from knowledge.index.engines import Engine, engine, passage_grams

__all__ = ["Engine", "Scope", "document", "engine", "fields", "passage_grams", "scope_of"]
