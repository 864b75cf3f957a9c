"""Search queries for a bigram BM25 search: keywords and short phrases, and their reformulations."""

from collections.abc import Iterable, Sequence

from ai_integration.builtin import text, vocabulary

MAX_QUERIES = 8
QUERY_LIMIT = 80


def keywords(phrase: str) -> str:
    """A phrase as search words: 「新製品Aの価格を調べて」 → 「新製品a 価格」; as it stands when it holds no others."""
    wanted = {term.text for term in vocabulary.content_terms(phrase)}
    written = [chunk for chunk in text.chunks_as_written(phrase) if text.fold(chunk) in wanted]
    kept = written if len(written) >= len(wanted) else sorted(wanted, key=text.fold(phrase).find)
    return text.clip(" ".join(dict.fromkeys(kept)) or phrase, QUERY_LIMIT)


def tidy(queries: Iterable[str], limit: int = MAX_QUERIES) -> list[str]:
    """Distinct, non-empty, short queries in order."""
    distinct: dict[str, str] = {}
    for query in queries:
        if query.strip():
            distinct.setdefault(same_as(query), text.clip(query, QUERY_LIMIT))
    return list(distinct.values())[:limit]


def same_as(query: str) -> str:
    """What two queries have in common that differ only in case, width or the order of their words."""
    return " ".join(sorted(text.fold(query).split()))


def first(subject: str, label: str, templates: Sequence[str], languages: Sequence[str]) -> list[str]:
    """The queries of a new item: the playbook's, made to keywords, then synonyms and the other language."""
    queries = [keywords(template) for template in templates]
    about = keywords(subject) if subject else ""
    found_by = [word for each in languages[:2] for word in vocabulary.search_words(label, each)[:2]]
    queries += (
        [f"{about} {word}".strip() for word in (*_same(label, languages)[:2], *found_by)] if label else []
    )
    return tidy(queries)


def reformulated(
    subject: str, label: str, used: Iterable[str], languages: Sequence[str] = ("ja", "en")
) -> list[str]:
    """Queries not used yet for what was not found: synonyms, broader words, the other language, parts of compounds."""
    known = {same_as(query) for query in used}
    about = keywords(subject)
    known_stems = {term.stem for term in vocabulary.content_terms(subject)}
    asked = " ".join(term.text for term in vocabulary.content_terms(label) if term.stem not in known_stems)
    same = _same(asked, languages)
    near = [word for term in vocabulary.content_terms(asked) for word in vocabulary.neighbours(term.text)]
    near = [word for word in near if ("en" if word.isascii() else "ja") in languages]
    parts = [
        part
        for term in vocabulary.content_terms(f"{subject} {label}")
        for part in term.parts
        if len(part) > 1
    ]
    fresh = [
        *(f"{about} {word}".strip() for word in same[:4]),
        *(f"{about} {word}".strip() for word in near[:3]),
    ]
    fresh += [*same[:3], *parts[:3]]
    fresh += [term.text for term in vocabulary.content_terms(subject)]
    return [query for query in tidy(fresh, 20) if same_as(query) not in known][:MAX_QUERIES]


def _same(label: str, languages: Sequence[str]) -> list[str]:
    words = [word for term in vocabulary.content_terms(label) for word in vocabulary.synonyms(term.text)]
    wanted = [word for word in dict.fromkeys(words) if ("en" if word.isascii() else "ja") in languages]
    first_language = languages[0] if languages else "ja"
    own = [word for word in wanted if ("en" if word.isascii() else "ja") == first_language]
    other = [word for word in wanted if word not in own]
    return [
        word
        for pair in zip(own + [""] * len(other), other + [""] * len(own), strict=False)
        for word in pair
        if word
    ]
