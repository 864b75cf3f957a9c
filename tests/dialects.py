"""The model server of `tests.stub`, speaking Anthropic's and Google's protocols to their real SDKs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.stub import Handler, Raw, Stub


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(each.get("text", "") for each in content)


class AnthropicHandler(Handler):
    def key(self) -> str:
        # The SDK sends a bearer token, the listing the header of old; the service takes both.
        return self.headers.get("x-api-key") or self.headers.get("Authorization", "").removeprefix("Bearer ")

    def heard(self, asked: dict[str, Any]) -> list[dict[str, str]]:
        system = [{"role": "system", "content": _text(asked["system"])}] if asked.get("system") else []
        return system + [
            {"role": each["role"], "content": _text(each["content"])} for each in asked["messages"]
        ]

    def completion(self, text: str) -> dict[str, Any]:
        came, went = self.stub.usage
        return _message([{"type": "text", "text": text}], "end_turn") | {
            "usage": {"input_tokens": came, "output_tokens": went}
        }

    def events(self, pieces: list[str], asked: dict[str, Any], *, whole: bool) -> Iterator[str]:
        came, went = self.stub.usage
        start = _message([], None) | {"usage": {"input_tokens": came, "output_tokens": 1}}
        yield _event("message_start", message=start)
        yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield _event("ping")
        for piece in pieces:
            yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        if whole:
            yield _event("content_block_stop", index=0)
            over = {"stop_reason": "end_turn", "stop_sequence": None}
            yield _event("message_delta", delta=over, usage={"input_tokens": came, "output_tokens": went})
            yield _event("message_stop")


class GeminiHandler(Handler):
    def key(self) -> str:
        return self.headers.get("x-goog-api-key", "")

    def streams(self, _asked: dict[str, Any]) -> bool:
        return ":streamGenerateContent" in self.path

    def heard(self, asked: dict[str, Any]) -> list[dict[str, str]]:
        said = [("system", asked["systemInstruction"])] if asked.get("systemInstruction") else []
        said += [({"model": "assistant"}.get(each["role"], each["role"]), each) for each in asked["contents"]]
        return [{"role": role, "content": _text(each["parts"])} for role, each in said]

    def completion(self, text: str) -> dict[str, Any]:
        return self._part(text, "STOP")

    def events(self, pieces: list[str], asked: dict[str, Any], *, whole: bool) -> Iterator[str]:
        for piece in pieces:
            yield f"data: {json.dumps(self._part(piece))}"
        if whole:
            yield f"data: {json.dumps(self._part('', 'STOP'))}"

    def _part(self, text: str, finish: str = "") -> dict[str, Any]:
        came, went = self.stub.usage
        said: dict[str, Any] = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
        counted = {"promptTokenCount": came, "candidatesTokenCount": went, "totalTokenCount": came + went}
        return {
            "candidates": [said | ({"finishReason": finish} if finish else {})],
            "modelVersion": "stub",
        } | ({"usageMetadata": counted} if finish else {})


class AnthropicStub(Stub):
    path, speaks = "", AnthropicHandler


class GeminiStub(Stub):
    path, speaks = "", GeminiHandler


@dataclass(frozen=True)
class Dialect:
    """What a test needs to know of a provider: its server, its refusals, its variables, and where it reads a schema."""

    provider: str
    stub: type[Stub]
    key: str
    variables: tuple[str, str]
    listing: dict[str, Any]
    refusal: Callable[[int, str], str]
    schema: Callable[[dict[str, Any]], Any]


def _anthropic_refusal(status: int, words: str) -> str:
    kinds = {401: "authentication_error", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}
    error = {"type": kinds.get(status, "invalid_request_error"), "message": words}
    return json.dumps({"type": "error", "error": error})


def _gemini_refusal(status: int, words: str) -> str:
    return json.dumps({"error": {"code": status, "message": words, "status": "UNKNOWN"}})


ANTHROPIC = Dialect(
    "anthropic",
    AnthropicStub,
    "sk-ant-canary-0123456789",
    ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    {"data": [{"type": "model", "id": "stub"}], "has_more": False},
    _anthropic_refusal,
    lambda body: body.get("output_config", {}).get("format", {}).get("schema"),
)
GEMINI = Dialect(
    "gemini",
    GeminiStub,
    "AIza-canary-0123456789",
    ("GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
    {
        "models": [
            {"name": "models/stub", "supportedGenerationMethods": ["generateContent"]},
            {"name": "models/embed", "supportedGenerationMethods": ["embedContent"]},
        ]
    },
    _gemini_refusal,
    lambda body: body.get("generationConfig", {}).get("responseJsonSchema"),
)
DIALECTS = (ANTHROPIC, GEMINI)


def bad_gemini_key(key: str) -> Raw:
    """What Google answers to a wrong key: 400, and the word for it in the details."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    error = {"code": 400, "message": f"API key not valid: {key}", "status": "INVALID_ARGUMENT"}
    return Raw(status=400, body=json.dumps({"error": error | {"details": details}}))


def _message(content: list[Any], stop: str | None) -> dict[str, Any]:
    head = {"id": "msg_stub", "type": "message", "role": "assistant", "model": "stub"}
    return head | {"content": content, "stop_reason": stop, "stop_sequence": None}


def _event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields)}"
