"""The sample vault: a small company's notes, so that the platform can be tried before one's own notes are in it."""

import shutil
import tempfile
from pathlib import Path

from django.utils.translation import gettext as _

from foundation.core.actors import Actor
from knowledge.models import Vault
from knowledge.selectors import sample_folder
from knowledge.services.vaults import vault_register

SAMPLE_VAULT = Path(__file__).resolve().parent.parent / "sample_vault"


def sample_vault_install(actor: Actor) -> Vault:
    """Copy the sample vault below DATA_DIR, once, and register it; returns it, registered now or earlier.

    Its notes are the user's from then on: an existing copy is left as it is.
    """
    folder = sample_folder()
    if not folder.exists():
        _copy(folder)
    known = Vault.objects.filter(path=str(folder)).first()
    return known or vault_register(actor, name=_("Sample vault"), path=str(folder))


def _copy(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".sample-") as temporary:
        copy = Path(temporary) / "copy"
        shutil.copytree(SAMPLE_VAULT, copy)
        if not folder.exists():
            copy.rename(folder)
