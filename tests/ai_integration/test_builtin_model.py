"""The built-in secretary as a chat model: briefs in, JSON out, and an honest sentence otherwise."""

import asyncio
import json
import subprocess
import sys

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from ai_integration.builtin import LABELS
from ai_integration.builtin.model import BuiltinSecretary
from ai_integration.jobs import ANSWERS, PlanBrief, PlanDraft, ReviewBrief, WorkBrief
from tests.ai_integration.builtin_notes import REQUIREMENT, STARTER, TODAY, VAULT, item

PLAN = PlanBrief(requirement=REQUIREMENT, language="ja", today=TODAY, team=STARTER)
WORK = WorkBrief(requirement=REQUIREMENT, language="ja", today=TODAY, item=item("価格"), passages=VAULT)
REVIEW = ReviewBrief(requirement=REQUIREMENT, language="ja", items=[])


def asked(content: str) -> list[BaseMessage]:
    return [
        SystemMessage("You are a secretary."),
        HumanMessage("earlier"),
        AIMessage("…"),
        HumanMessage(content),
    ]


@pytest.mark.parametrize("brief", [PLAN, WORK, REVIEW], ids=["plan", "work", "review"])
def test_each_brief_gets_its_answer(brief: PlanBrief | WorkBrief | ReviewBrief) -> None:
    said = BuiltinSecretary().invoke(asked(brief.model_dump_json()))
    ANSWERS[brief.job].model_validate_json(str(said.content))
    assert said.response_metadata["model_name"] == "builtin"
    assert said.usage_metadata == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize(
    "frame", ["{}", "Do this:\n```json\n{}\n```\nThank you {{x}}.", 'Note {{"a": 1}} then {} end', "{{{{ {}"]
)
def test_the_brief_is_found_within_prose(frame: str) -> None:
    content = frame.replace("{{", "\0").replace("}}", "\1").replace("{}", PLAN.model_dump_json())
    said = BuiltinSecretary().invoke(asked(content.replace("\0", "{").replace("\1", "}")))
    assert PlanDraft.model_validate_json(str(said.content)).kind == "research_report"


def test_a_message_in_parts_is_read() -> None:
    message = HumanMessage([{"type": "text", "text": PLAN.model_dump_json()}])
    PlanDraft.model_validate_json(str(BuiltinSecretary().invoke([message]).content))


NO_BRIEF = [
    "",
    "こんにちは、元気ですか",
    '{"job": "plan"}',
    '{"job": "fly"}',
    '{"job": ["plan"]}',
    "{" * 100_000,
]


@pytest.mark.parametrize("content", NO_BRIEF, ids=lambda content: content[:16])
def test_without_a_brief_it_says_what_it_is(content: str) -> None:
    said = str(BuiltinSecretary().invoke(asked(content)).content)
    assert "generative AI" in said or "生成AI" in said
    with pytest.raises(json.JSONDecodeError):
        json.loads(said)


def test_the_honest_sentence_is_in_the_language_of_the_message() -> None:
    english, japanese = (
        str(BuiltinSecretary().invoke([HumanMessage(each)]).content) for each in ("hello there", "こんにちは")
    )
    assert english.isascii()
    assert "内蔵秘書" in japanese


async def test_async_and_streamed_answers_are_the_same() -> None:
    model = BuiltinSecretary()
    whole = model.invoke(asked(PLAN.model_dump_json())).content
    assert (await model.ainvoke(asked(PLAN.model_dump_json()))).content == whole
    assert "".join(str(chunk.content) for chunk in model.stream(asked(PLAN.model_dump_json()))) == whole
    pieces = [chunk async for chunk in model.astream(asked(PLAN.model_dump_json()))]
    assert "".join(str(piece.content) for piece in pieces) == whole
    assert len(pieces) > 3
    assert pieces[-1].response_metadata["model_name"] == "builtin"


async def test_the_loop_goes_on_while_it_waits() -> None:
    slow = asyncio.create_task(BuiltinSecretary(delay_ms=200).ainvoke(asked(PLAN.model_dump_json())))
    await asyncio.sleep(0)
    ticks = 0
    while not slow.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks > 3
    assert PlanDraft.model_validate_json(str((await slow).content))


def test_it_is_labelled_for_what_it_is() -> None:
    assert LABELS == {"ja": "内蔵秘書（生成AIなし）", "en": "built-in secretary (no generative AI)"}


def test_only_the_model_module_imports_langchain() -> None:
    code = (
        "import sys, pkgutil, importlib, ai_integration.builtin as b\n"
        "names = [m.name for m in pkgutil.walk_packages(b.__path__, 'ai_integration.builtin.') if not m.name.endswith('.model')]\n"
        "[importlib.import_module(name) for name in names]\n"
        "assert len(names) > 20\n"
        "sys.exit(any(name.split('.')[0].startswith('langchain') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
