"""From a model's answer to a result that may be stored: every citation is checked against what the model was shown. Pure."""

from typing import Any

from ai_integration.jobs import WorkResult
from workflows.report_text import REF

UNFOUNDED = {
    "ja": "出典として示された箇所（{refs}）は資料に見つからなかったため、外しました。",
    "en": "Passages named as sources ({refs}) were not found in the material and were taken out.",
}


def checked(result: WorkResult, shown: list[dict[str, Any]], language: str) -> dict[str, Any]:
    """TaskResult's fields. Citations whose words do not stand in their passage are taken out, and that is said."""
    places = {place["ref"]: place for place in shown}
    good = [
        _citation(each.ref, each.quote, places[each.ref])
        for each in result.citations
        if _stands(each, places)
    ]
    refs = {each["ref"] for each in good}
    marked = set(REF.findall(result.body))
    bad = sorted({each.ref for each in result.citations if each.ref not in refs} | (marked - refs))
    gaps = [*result.gaps, UNFOUNDED[language].format(refs=", ".join(bad))] if bad else list(result.gaps)
    return {
        "body": REF.sub(lambda match: match[0] if match[1] in refs else "", result.body),
        "citations": good,
        "passages": [place for ref, place in places.items() if ref in refs],
        "evidence": [each.model_dump() for each in result.evidence],
        "gaps": gaps,
    }


def _stands(citation: Any, places: dict[str, dict[str, Any]]) -> bool:
    place = places.get(citation.ref)
    return bool(place and citation.quote.strip() and citation.quote in place["text"])


def _citation(ref: str, quote: str, place: dict[str, Any]) -> dict[str, Any]:
    """The citation with the very line on which the quoted words begin."""
    start = place["text"].index(quote) + len(quote) - len(quote.lstrip())
    line = place["line"] + place["text"].count("\n", 0, start)
    where = {name: place[name] for name in ("note", "note_id", "source_id", "title", "heading")}
    return {"ref": ref, "quote": quote.strip()} | where | {"line": line}
