from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from foundation.accounts.api.sharing import Shares
from foundation.activity.idempotency import IdempotentCreate
from foundation.activity.selectors import events_after, stream_position
from foundation.core.api.renderers import MarkdownRenderer
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.errors import NotFound
from workflows import selectors, services
from workflows.api import discussion_serializers as serializers
from workflows.api.filters import DiscussionFilter
from workflows.api.serializers import EventsQuery, EventsSerializer, WorkflowSerializer
from workflows.models import Discussion


@tagged("協議 / Discussions")
class DiscussionViewSet(IdempotentCreate, Shares):
    """Personas that talk under a moderator while the commander watches, speaks, and ends it."""

    serializer_class = serializers.DiscussionSerializer
    filterset_class = DiscussionFilter
    search_fields = ("topic", "first_topic")
    rights: ClassVar = {
        "destroy": "delete",
        "say": "comment",
        "pause": "operate",
        "resume": "operate",
        "redirect": "operate",
        "clarify": "operate",
        "end": "operate",
        "workflow": "operate",
        "save_minutes": "operate",
    }
    codes: ClassVar = {"create": "discussion:create", "ask": "discussion:create"}

    def rows(self, user: Any) -> QuerySet[Discussion]:
        return selectors.discussions(user)

    def get_serializer_class(self) -> type[Serializer]:
        return serializers.DiscussionRow if self.action == "list" else serializers.DiscussionSerializer

    @extend_schema(
        request=serializers.DiscussionInput,
        responses={201: serializers.DiscussionSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Begin a discussion. The first participant has the word at once."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        fields = self.checked(serializers.DiscussionInput)
        return self.shown(services.discussion_create(request.user, **fields), status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a discussion that has ended, failed or is paused. A note that was made of its minutes stays."""
        services.discussion_delete(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(
        request=serializers.AskInput,
        responses={201: serializers.AnswerSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=False, methods=["post"])
    def ask(self, request: Request) -> Response:
        """Ask one persona, and get the answer at once, with its citations. Kept as a discussion of kind `ask`."""
        from workflows.engine.discussions import answer_now  # brings the graphs, which pages do not need

        # The question is stored first and for good: no transaction may be open while the model thinks.
        stored = self.dispatch_create(request, self._asked)
        discussion = answer_now(self.get_queryset().get(pk=stored.data["id"]))
        again = self.get_queryset().get(pk=discussion.pk)
        return self.answer(again, status=201, serializer=serializers.AnswerSerializer)

    def _asked(self, request: Request) -> Response:
        fields = self.checked(serializers.AskInput)
        discussion = services.question_begin(request.user, **fields)
        return Response({"id": str(discussion.pk)}, status=201)

    @extend_schema(responses=serializers.MessageSerializer(many=True), filters=False)
    @action(detail=True)
    def messages(self, request: Request, pk: str) -> Response:
        """What was said, oldest first."""
        rows = selectors.discussion_messages(request.user, self.get_object())
        return self.listed(rows, serializers.MessageSerializer, ordering=("number",))

    @extend_schema(
        request=serializers.MessageInput,
        responses={201: serializers.MessageSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @messages.mapping.post
    def say(self, request: Request, pk: str) -> Response:
        """Say something. The next speaker knows it; a discussion that waits for an answer goes on."""
        return self.dispatch_create(request, self._say)

    def _say(self, request: Request) -> Response:
        discussion = self.get_object()
        message = services.discussion_interject(
            request.user, discussion, **self.checked(serializers.MessageInput)
        )
        return self.answer(message, status=201, serializer=serializers.MessageSerializer)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Hear out who speaks, then let nobody speak."""
        return self.shown(services.discussion_pause(request.user, self.get_object()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on from where it was paused, failed or waited."""
        return self.shown(services.discussion_resume(request.user, self.get_object()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Hear out who speaks, then write the minutes."""
        return self.shown(services.discussion_end(request.user, self.get_object()))

    @extend_schema(request=serializers.RedirectInput)
    @action(detail=True, methods=["post"])
    def redirect(self, request: Request, pk: str) -> Response:
        """Change the topic from the next turn on; the rounds begin anew."""
        discussion = self.get_object()
        services.discussion_redirect(request.user, discussion, **self.checked(serializers.RedirectInput))
        return self.shown(discussion)

    @extend_schema(
        request=serializers.ClarifyInput,
        responses={201: serializers.MessageSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"])
    def clarify(self, request: Request, pk: str) -> Response:
        """Ask one participant to explain; it has the word next."""
        return self.dispatch_create(request, self._clarify)

    def _clarify(self, request: Request) -> Response:
        discussion = self.get_object()
        message = services.discussion_clarify(
            request.user, discussion, **self.checked(serializers.ClarifyInput)
        )
        return self.answer(message, status=201, serializer=serializers.MessageSerializer)

    @extend_schema(
        responses={
            (200, "text/markdown"): OpenApiTypes.STR,
            (200, "application/json"): serializers.MinutesSerializer,
        }
    )
    @action(detail=True, renderer_classes=[MarkdownRenderer, JSONRenderer])
    def minutes(self, request: Request, pk: str) -> Response:
        """The minutes as Markdown; as JSON with decisions and actions for `Accept: application/json`."""
        discussion = self.get_object()
        if request.accepted_renderer.format != "json":
            return Response(services.minutes_export(request.user, discussion).markdown)
        found = selectors.minutes(discussion)
        if found is None:
            raise NotFound(_("There are no minutes yet."), code="no_minutes")
        return self.answer(found, serializer=serializers.MinutesSerializer)

    @extend_schema(request=None, responses=serializers.MinutesSerializer)
    @action(detail=True, methods=["post"], url_path="minutes/save")
    def save_minutes(self, request: Request, pk: str) -> Response:
        """Write the minutes as a new note into the vault's report folder; once, however often it is called."""
        minutes = services.minutes_save(request.user, self.get_object())
        return self.answer(minutes, serializer=serializers.MinutesSerializer)

    @extend_schema(request=None, responses={200: WorkflowSerializer, 201: WorkflowSerializer})
    @action(detail=True, methods=["post"])
    def workflow(self, request: Request, pk: str) -> Response:
        """Make a draft workflow of the action items; 200 with the one that was made before."""
        made, new = services.discussion_to_workflow(request.user, self.get_object())
        row = selectors.workflows(request.user).get(pk=made.pk)
        return self.answer(row, status=201 if new else 200, serializer=WorkflowSerializer)

    @extend_schema(parameters=[EventsQuery], responses=EventsSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:
        """What happened after `after`, oldest first: the events that the socket carries."""
        stream = self.get_object().stream
        asked = self.asked(EventsQuery)
        epoch, seq = stream_position(stream)
        results = events_after(stream, asked["after"], limit=asked["limit"])
        return self.answer({"epoch": epoch, "seq": seq, "results": results}, serializer=EventsSerializer)
