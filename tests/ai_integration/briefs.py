"""What the models of these tests are asked."""

from ai_integration.jobs import PlanBrief, Teammate

BRIEF = PlanBrief(
    requirement="Write a report about lamps.",
    language="en",
    today="2026-01-31",
    team=[Teammate(role="researcher", name="Mizuno"), Teammate(role="writer", name="Sato")],
)
