"""The index's tables and triggers, for migrations.

SQLite: an external-content FTS5 table kept by triggers, so no delete (a cascade, the admin) can leave a ghost. The
`ascii` tokenizer takes our grams as they are: every character beyond ASCII belongs to a word, blanks separate.
PostgreSQL: a GIN index on the set of grams.

A migration that alters `knowledge_passage` on SQLite rebuilds that table and loses its triggers: call `create` after it.
"""

from typing import Any

_SQLITE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS knowledge_passage_fts USING fts5("
    "grams, content='knowledge_passage', content_rowid='id', tokenize='ascii')",
    "CREATE TRIGGER IF NOT EXISTS knowledge_passage_fts_insert AFTER INSERT ON knowledge_passage BEGIN "
    "INSERT INTO knowledge_passage_fts (rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER IF NOT EXISTS knowledge_passage_fts_delete AFTER DELETE ON knowledge_passage BEGIN "
    "INSERT INTO knowledge_passage_fts (knowledge_passage_fts, rowid, grams) VALUES ('delete', old.id, old.grams); END",
    "CREATE TRIGGER IF NOT EXISTS knowledge_passage_fts_update AFTER UPDATE OF grams ON knowledge_passage BEGIN "
    "INSERT INTO knowledge_passage_fts (knowledge_passage_fts, rowid, grams) VALUES ('delete', old.id, old.grams); "
    "INSERT INTO knowledge_passage_fts (rowid, grams) VALUES (new.id, new.grams); END",
)
_POSTGRESQL = (
    "CREATE INDEX IF NOT EXISTS knowledge_passage_grams ON knowledge_passage "
    "USING gin (array_to_tsvector(string_to_array(grams, ' ')))",
)
_DROP = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS knowledge_passage_fts_insert",
        "DROP TRIGGER IF EXISTS knowledge_passage_fts_delete",
        "DROP TRIGGER IF EXISTS knowledge_passage_fts_update",
        "DROP TABLE IF EXISTS knowledge_passage_fts",
    ),
    "postgresql": ("DROP INDEX IF EXISTS knowledge_passage_grams",),
}


def create(_apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[schema_editor.connection.vendor])


def drop(_apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, _DROP[schema_editor.connection.vendor])


def _run(schema_editor: Any, statements: tuple[str, ...]) -> None:
    for statement in statements:
        schema_editor.execute(statement, params=None)
