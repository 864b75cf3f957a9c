"""A small folder of notes to work over, and a folder as it is on disk."""

from pathlib import Path

NOTES = {
    "価格.md": "# 価格\n\n## 新製品の価格\n\n新製品の価格は税抜き1万2千円です。\n卸価格は9千円に決まりました。\n",
    "納期.md": "# 納期\n\n新製品の納期は発注から3週間です。\n大阪の倉庫には在庫が40個あります。\n",
    "Pricing.md": "---\ntags: [price]\n---\n# Pricing\n\nThe new lamp costs 120 euros.\nResellers pay 90 euros.\n",
    "Delivery.md": "# Delivery\n\nThe lamp ships within three weeks.\nThe Osaka warehouse holds 40 lamps.\n",
    "Supplier.md": "# Supplier\n\nThe supplier of the lamp is Hikari Ltd.\nHikari closes in August.\n",
}


def write_notes(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, text in NOTES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, byte by byte."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
