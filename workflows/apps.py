from django.apps import AppConfig
from django.conf import settings


class WorkflowsConfig(AppConfig):
    name = "workflows"

    def ready(self) -> None:
        from foundation.activity import authorisers, subscriptions
        from foundation.core import crypto, seeding, ticker
        from plans import policy
        from workflows import desk, seeds, selectors
        from workflows.engine.shelf import CheckpointShelf

        authorisers.register("workflow", selectors.may_follow_workflow)
        authorisers.register("discussion", selectors.may_follow_discussion)
        subscriptions.subscribe("plan.decided", "workflows.wake")
        for ended in ("approval.decided", "approval.expired"):
            subscriptions.subscribe(ended, "workflows.wake")
            subscriptions.subscribe(ended, "workflows.wake_task")
        policy.register("workflow", desk.work)
        policy.register("discussion", desk.talk)
        subscriptions.subscribe("approval.decided", "workflows.budget_decided")
        for change in ("budget.set", "budget.raised", "budget.removed"):
            subscriptions.subscribe(change, "workflows.budget_raised")
        seeding.register("first start", seeds.first_start)
        ticker.every(settings.SWEEP_SECONDS, "workflows.sweep")
        ticker.every(settings.SWEEP_SECONDS, "workflows.sweep_discussions")
        crypto.register_shelf(CheckpointShelf())
