"""How the OpenAPI schema is written: the part of the settings that no environment changes."""

_SCHEMA_ENUMS = {
    "CallStatus": "ai_integration.states.CallStatus", "CallEnding": "ai_integration.states.Ending",
    "BudgetScope": "ai_integration.models.Budget.Scope", "BudgetPeriod": "ai_integration.models.Budget.Period",
    "DrawingStatus": "personas.states.DrawingStatus", "NoteStatus": "knowledge.states.NoteStatus",
    "PlanStatus": "plans.states.PlanStatus", "ApprovalStatus": "plans.states.RequestStatus",
    "WorkflowStatus": "workflows.states.WorkflowStatus", "TaskStatus": "workflows.states.TaskStatus",
    "Phase": "workflows.states.Phase", "ApprovalKind": "plans.models.ApprovalRequest.Kind",
    "DiscussionKind": "workflows.states.DiscussionKind", "DiscussionStatus": "workflows.states.DiscussionStatus",
    "MessageKind": "workflows.states.MessageKind",
}  # fmt: skip
SPECTACULAR_SETTINGS = {
    "TITLE": "AI秘書チーム・プラットフォーム（統合版）",
    "DESCRIPTION": "要件を渡すと、AI秘書のチームが計画し、あなたの承認を得て実行し、出典つきの報告書を返します。",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "foundation.core.api.schema.describe_errors",
    ],
    "ENUM_NAME_OVERRIDES": _SCHEMA_ENUMS,
}
