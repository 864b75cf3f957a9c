from django.urls import path

from plans.views import approvals, channels, editing, links, plans

PLAN, APPROVAL = "plans/<uuid:pk>/", "approvals/<uuid:pk>/"
CHANNEL = "approvals/channels/<uuid:pk>/"

urlpatterns = [
    path("approvals/", approvals.approval_list, name="approvals"),
    path("approvals/channels/", channels.channel_list, name="approval-channels"),
    path(f"{CHANNEL}test/", channels.channel_act, {"act": "test"}, name="approval-channel-try"),
    path(f"{CHANNEL}delete/", channels.channel_act, {"act": "delete"}, name="approval-channel-delete"),
    path("approvals/by-link/<str:token>/", links.decision_link, name="decision-link"),
    path(APPROVAL, approvals.approval, name="approval"),
    path(f"{APPROVAL}take-back/", approvals.approval_take_back, name="approval-take-back"),
    path(f"{APPROVAL}hand-over/", approvals.approval_hand_over, name="approval-hand-over"),
    path("plans/new/", editing.plan_new, name="plan-new"),
    path(PLAN, plans.plan, name="plan"),
    path(f"{PLAN}edit/", editing.plan_edit, name="plan-edit"),
    path(f"{PLAN}decide/", plans.plan_decide, name="plan-decision"),
    path(f"{PLAN}submit/", plans.plan_act, {"act": "submit"}, name="plan-hand-in"),
    path(f"{PLAN}withdraw/", plans.plan_act, {"act": "withdraw"}, name="plan-take-away"),
    path(f"{PLAN}template/", plans.plan_act, {"act": "template"}, name="plan-keep"),
    path(f"{PLAN}history.json", plans.plan_history, {"form": "json"}, name="plan-history-json"),
    path(f"{PLAN}history.csv", plans.plan_history, {"form": "csv"}, name="plan-history-csv"),
]
