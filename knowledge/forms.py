"""What the pages of knowledge take in."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from foundation.core.forms import CommandForm
from knowledge.models import Source, Vault
from knowledge.services import source_create, vault_register, vault_request_sync, vault_update


class VaultForm(CommandForm):
    """A folder of notes."""

    path = forms.CharField(
        label=_("Folder"),
        max_length=1000,
        help_text=_("The whole path of the folder that holds your notes, such as D:\\Vault or /data/Vault."),
    )
    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    report_folder = forms.CharField(
        label=_("Folder for reports"),
        max_length=200,
        required=False,
        help_text=_("Inside the vault. The platform writes new notes only there."),
    )

    def save(self, user: Any) -> Vault | None:
        given = self.cleaned_data
        name = given["name"] or given["path"].replace("\\", "/").rstrip("/").rpartition("/")[2]
        folder = given["report_folder"] or settings.REPORT_FOLDER
        vault = self.run(
            lambda: vault_register(user, name=name[:100], path=given["path"], report_folder=folder)
        )
        return vault and self.run(lambda: vault_request_sync(user, vault))

    def _complain(self, error: Any) -> None:
        self.add_error("path" if "path" in error.code or error.code == "vault_exists" else None, str(error))


class VaultChangeForm(CommandForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    report_folder = forms.CharField(label=_("Folder for reports"), max_length=200)

    def save(self, user: Any, vault: Vault) -> Vault | None:
        return self.run(lambda: vault_update(user, vault, **self.cleaned_data))


class SourceForm(CommandForm):
    """A pasted text, or a file."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    text = forms.CharField(
        label=_("Text"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 10})
    )
    file = forms.FileField(
        label=_("or a file"),
        required=False,
        allow_empty_file=True,
        help_text=_("Markdown, text or CSV, up to 2 MB."),
        widget=forms.FileInput(attrs={"accept": ".md,.txt,.csv"}),
    )

    def save(self, user: Any) -> Source | None:
        given = self.cleaned_data
        text = given["text"] if given["text"].strip() else None
        return self.run(lambda: source_create(user, title=given["title"], text=text, file=given["file"]))
