"""Reading one Markdown note: pure functions, no database, no file system, no exception for any text."""

from knowledge.parsing.note import ParsedNote, parse_note

__all__ = ["ParsedNote", "parse_note"]
