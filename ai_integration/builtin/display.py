"""Quotes made safe to show inside a Markdown body. What is shown may be cleaned; what is cited never is."""

import re

from ai_integration.builtin import text

QUOTE_LIMIT = 320
_MARKED = re.compile(r"[\[\]<>|*_`=~#^\n]|^\s*(?:[-+]|\d{1,3}[.)])\s")
_EMBED = re.compile(r"!\[\[[^\[\]]{0,300}\]\]|!\[[^\[\]]{0,300}\]\([^()]{0,500}\)")
_WIKILINK = re.compile(r"\[\[([^\[\]]{1,300})\]\]")
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\([^()\s]{0,500}\)")
_URL = re.compile(r"<?https?://[^\s<>）」]{1,500}>?")
_TAG = re.compile(r"<!--.{0,2000}?-->|</?[A-Za-z][^<>]{0,300}>", re.DOTALL)
_LEAD = re.compile(r"^(?:[\s>#|]+|(?:[-*+]|\d{1,3}[.)])\s+|\[.\]\s+)+")
_INNER_LEAD = re.compile(r"\n[\s>#]+(?:[-*+]\s+)?")
_EMPHASIS = re.compile(
    r"(?<![\w])(?:\*{1,3}|_{1,3}|==|~~)(?=\S)|(?<=\S)(?:\*{1,3}|_{1,3}|==|~~)(?![\w])|\*\*|\*|==|~~|`+"
)
_BLOCK_ID = re.compile(r"\s\^[A-Za-z0-9-]+\s*$")
_HASHTAG = re.compile(r"(?:(?<=\s)|^)#[\w/-]+\s*")
_FOOTNOTE = re.compile(r"\[\^[^\]]{1,40}\]")
_LINKING = re.compile(r"[\[<]|://")
_NOT_WORD = re.compile(r"[\W_]+")
_INNER_BAR = re.compile(r"\[\[[^\[\]]{1,300}\]\]|\\\|")
_BAR = "\ue000"
_FLOW_LIST = re.compile(r"^\[([^\[\]\n]*)\]$")
_PROPERTY_LIST = re.compile(r"\s*\n\s*-\s+")
_KEY = re.compile(r"^[^:]{1,60}:\s*")
_ASCII_QUOTED = re.compile(r"^[\"'](.*)[\"']$")


def shown(quote: str) -> str:
    """The quote as plain text on one line: links by their words, no markup, no brackets that could pass for a citation."""
    if not _MARKED.search(quote):
        return text.clip(quote, QUOTE_LIMIT)
    plain = _EMBED.sub("", _TAG.sub("", quote))
    plain = _LINK.sub(r"\1", _WIKILINK.sub(lambda found: _link_words(found[1]), plain))
    plain = _FOOTNOTE.sub("", _BLOCK_ID.sub("", plain))
    plain = _EMPHASIS.sub("", _HASHTAG.sub("", plain))
    plain = _INNER_LEAD.sub(" ", _LEAD.sub("", plain.lstrip()))
    plain = plain.replace("[", "(").replace("]", ")").replace("<", "＜").replace(">", "＞").replace("|", "／")
    return text.clip(plain, QUOTE_LIMIT)


def _link_words(link: str) -> str:
    target, bar, alias = link.replace("\\|", "|").partition("|")
    return alias if bar and alias.strip() else target.split("/")[-1].replace("#", " › ").strip(" ›")


def shown_property(quote: str) -> str:
    """A frontmatter property on one line: `loc: Kyoto, Japan`."""
    key, _, value = quote.replace("：", ":", 1).partition(":")
    flow = _FLOW_LIST.match(value.strip())
    items = [
        _ASCII_QUOTED.sub(r"\1", item.strip())
        for item in _PROPERTY_LIST.split("\n" + (flow[1] if flow else value).strip(" :"))
        if item.strip()
    ]
    flat = [item.strip() for item in items if item.strip() and item.strip() != "-"]
    return shown(f"{key.strip()}: {', '.join(flat)}")


def shown_value(quote: str) -> str:
    """What a property says, without its key."""
    return _KEY.sub("", shown_property(quote))


def cells(row: str) -> list[str]:
    """The cells of a table row. A bar within a link, or escaped, is no border."""
    guarded = _INNER_BAR.sub(lambda found: found[0].replace("|", _BAR), row)
    inner = guarded.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace(_BAR, "|") for cell in inner.split("|")]


def shown_row(columns: tuple[str, ...], quote: str) -> str:
    """A table row with its column names: `価格: 1,200円 / 納期: 3日`."""
    named = [
        f"{name}: {cell}" if name else cell for name, cell in zip(columns, cells(quote), strict=False) if cell
    ]
    return shown(" / ".join(named) if named else quote)


def has_substance(quote: str) -> bool:
    """Whether anything is left to read once links to elsewhere are taken out."""
    if not _LINKING.search(quote):
        return len(_NOT_WORD.sub("", quote)) >= 2
    plain = _WIKILINK.sub("", _URL.sub("", _EMBED.sub("", _TAG.sub("", quote))))
    return len(_NOT_WORD.sub("", plain)) >= 2
