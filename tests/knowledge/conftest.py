"""A vault of one's own, in a temporary folder."""

from pathlib import Path
from typing import Any

import pytest

from knowledge import services
from knowledge.models import Vault
from tests.knowledge.trees import write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "vault"
    folder.mkdir()
    return folder


@pytest.fixture
def vault(owner: Any, root: Path) -> Vault:
    """A registered, still empty vault."""
    return services.vault_register(owner, name="わたしの保管庫", path=str(root))


@pytest.fixture
def office(owner: Any, root: Path, vault: Vault) -> Vault:
    """A vault with a few notes, indexed."""
    write(
        root,
        "製品/新製品.md",
        "# 新製品\n\n## 価格\n\n価格は 2,480 円です。\n\n## 納期\n\n納期は 2 月です。\n",
    )
    write(
        root,
        "会議/議事録.md",
        "---\ntags: [会議]\naliases: [定例]\n---\n\n# 決定事項\n\n- 新製品の価格を決めた。\n",
    )
    write(root, "English.md", "# Launch plan\n\nThe launch of the new product is planned for March.\n")
    services.vault_sync(vault)
    return vault
