"""Tools that many servers offer under the same names, and what each does, in the platform's own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Tool:
    """`needs` are arguments without which the name means something else."""

    sentences: Sequence[str | Promise]
    needs: Sequence[str] = ()
    reads: bool = False


def _reading(text: str | Promise, *needs: str) -> Tool:
    return Tool((text,), needs, reads=True)


_FILE = _("It reads the file named under “path”, and changes nothing.")
_FOLDER = _("It lists a folder, and changes nothing.")
_ASKS = _(
    "It asks other models. What is sent leaves this platform for their providers, is paid with your keys, and counts in no budget."
)
_RUNS = _(
    "It runs a program with the rights of its server. That may change or delete anything those rights reach."
)
_SENDS = _("It sends a message to other people. What is sent cannot be taken back.")
_FETCHES = _("It fetches the page named under “url”. Whoever runs that page sees that it was asked for.")

KNOWN: dict[str, Tool] = {
    "read_file": _reading(_FILE, "path"),
    "read_text_file": _reading(_FILE, "path"),
    "read_media_file": _reading(_FILE, "path"),
    "read_multiple_files": _reading(_("It reads the files named under “paths”, and changes nothing."), "paths"),
    "list_directory": _reading(_FOLDER, "path"),
    "list_directory_with_sizes": _reading(_FOLDER, "path"),
    "directory_tree": _reading(_FOLDER, "path"),
    "search_files": _reading(_("It looks for files by their names, and changes nothing."), "path", "pattern"),
    "get_file_info": _reading(_("It says how large and how old a file is, and changes nothing."), "path"),
    "list_allowed_directories": _reading(_("It says which folders the server may use, and changes nothing.")),
    "write_file": Tool(
        (_("It writes the file named under “path”. A file that is there is replaced whole, and its old text is gone."),),
        ("path", "content"),
    ),
    "edit_file": Tool(
        (_("It changes passages of the file named under “path”. The old passages are gone."),),
        ("path", "edits"),
    ),
    "move_file": Tool(
        (_("It moves or renames a file or folder from “source” to “destination”. What points to the old place finds nothing."),),
        ("source", "destination"),
    ),
    "create_directory": Tool(
        (_("It creates the folder named under “path”, and those above it that are missing. What is there stays."),),
        ("path",),
    ),
    "delete_file": Tool((_("It deletes the file named under “path”."),), ("path",)),
    "delete_directory": Tool((_("It deletes the folder named under “path”, with everything in it."),), ("path",)),
    "fetch": Tool((_FETCHES,), ("url",)),
    "send_email": Tool((_SENDS,)),
    "send_message": Tool((_SENDS,)),
    "post_message": Tool((_SENDS,)),
    "execute_command": Tool((_RUNS,)),
    "run_command": Tool((_RUNS,)),
    "shell": Tool((_RUNS,)),
    "git_commit": Tool((_("It records the changes that are marked in a Git repository of its server."),)),
    "git_push": Tool((_("It publishes the commits of a Git repository. Others may have read them before they are taken back."),)),
    "chat": Tool((_ASKS,), ("prompt", "working_directory_absolute_path")),
    "consensus": Tool((_ASKS,), ("step", "models")),
    "thinkdeep": Tool((_ASKS,), ("step", "step_number")),
    "planner": Tool((_("It keeps a plan in the server's memory, and changes nothing else."),), ("step", "step_number")),
    "challenge": Tool((_("It hands a statement back to be doubted, and changes nothing."),), ("prompt",), reads=True),
}  # fmt: skip
DRY_RUN = _reading(
    _("It shows how the file named under “path” would change, and changes nothing."), "path", "edits"
)


def known(name: str, arguments: Mapping[str, Any]) -> Tool | None:
    """The tool of that name, where the arguments are those of the tool that is meant."""
    found = KNOWN.get(name)
    if name == "edit_file" and arguments.get("dryRun") is True:
        found = DRY_RUN
    return found if found is not None and all(need in arguments for need in found.needs) else None
