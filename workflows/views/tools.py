"""設定 › ツール: define servers, connect, read their tools in full, approve them, say what may be called."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_integration import gateway, services
from ai_integration.contexts.tools import check_words, redirect_uri, servers_page
from ai_integration.mcp.faults import OK
from ai_integration.models import McpServer
from ai_integration.selectors import mcp_server_get
from foundation.core.errors import Conflict
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from personas.selectors import personas
from workflows.contexts.tools import tools_page
from workflows.tool_forms import ApproveForm, RuleForm, ServerForm

LEFT = {
    True: gettext_lazy("Signed out. The tokens are forgotten here, and no longer hold at %(place)s."),
    None: gettext_lazy(
        "Signed out. The tokens are forgotten here; what you allowed is taken back there (%(place)s)."
    ),
    False: gettext_lazy(
        "Signed out. The tokens are forgotten here, but %(place)s could not be told. Take back there what you allowed."
    ),
}
PARTS = {"pal": "workflows/tool_recipe.html", "servers": "workflows/tool_server_rows.html"}


@page(*BOTH, code="mcp_server:create")
def servers(request: HttpRequest) -> HttpResponse:
    """The servers, and a form for another one."""
    form = ServerForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (made := form.save(request.user)):
        _say(request, gateway.connect(request.user, made))
        return see_other(_at(made))
    context = {"at": servers_page(request.user), "form": form}
    return _status(show(request, "workflows/tool_servers.html", context, PARTS), form)


@page(*WRITE, code="mcp_server:create")
def pal_install(request: HttpRequest) -> HttpResponse:
    """Have the PAL MCP server installed by a worker."""
    done = _("PAL is being installed. You can go on meanwhile.")
    carry_out(request, lambda: services.pal_ask(request.user), done)
    return see_other(f"{reverse('tool-servers')}#pal")


@page(*BOTH)
def server(request: HttpRequest, pk: str) -> HttpResponse:
    found = mcp_server_get(request.user, pk)
    if request.method != "POST":
        return _page(request, found)
    form = ServerForm(request.POST, server=mcp_server_get(request.user, pk, "change"))
    if form.is_valid() and (changed := form.save(request.user)):
        messages.success(request, _("Saved. Connect it to see whether it answers."))
        return see_other(_at(changed))
    return _page(request, found, refused=form)


@page(*WRITE)
def connect(request: HttpRequest, pk: str) -> HttpResponse:
    found = mcp_server_get(request.user, pk, "operate")
    _say(request, gateway.connect(request.user, found))
    return see_other(_at(found))


@page(*WRITE, limits={"POST": "provider_test"})
def sign_in(request: HttpRequest, pk: str) -> HttpResponse:
    """Send the person to where the server wants them to sign in. The page that does so says where that is."""
    found = mcp_server_get(request.user, pk, "change")
    told = {"redirect_uri": redirect_uri(request, found), "session": request.session.session_key or ""}
    try:
        begun = gateway.sign_in_begin(request.user, found, **told)
    except Conflict as error:
        messages.error(request, str(error))
        return see_other(_at(found))
    response = show(request, "workflows/tool_sign_in.html", {"server": found, "begun": begun})
    response.headers["Refresh"] = (
        f"0; url={begun.address}"  # a form of ours may lead nowhere else (form-action)
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@page("GET")
def sign_in_done(request: HttpRequest, pk: str) -> HttpResponse:
    """Where the person is sent back to. What they bring is worth something once, and only with the state that we gave out."""
    found = mcp_server_get(request.user, pk, "change")
    answer, session = request.GET.dict(), request.session.session_key or ""
    try:
        _say(request, gateway.sign_in_finish(request.user, found, answer, session=session))
    except Conflict as error:
        messages.error(request, str(error))
    return see_other(_at(found))


@page(*WRITE)
def sign_out(request: HttpRequest, pk: str) -> HttpResponse:
    found = mcp_server_get(request.user, pk, "change")
    try:
        left = gateway.sign_out(request.user, found)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        (messages.warning if left.told is False else messages.success)(
            request, LEFT[left.told] % {"place": left.host}
        )
    return see_other(_at(found))


@page(*WRITE)
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    found = mcp_server_get(request.user, pk, "delete")
    done = _("Removed. The calls that were made stay on record.")
    if not carry_out(request, lambda: gateway.server_remove(request.user, found), done):
        return see_other(_at(found))
    return see_other(reverse("tool-servers"))


@page(*WRITE)
def tool_act(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    """Approve a tool, take that back, or set a rule; the form names the tool."""
    found, name = mcp_server_get(request.user, pk, "change"), request.POST.get("tool", "")
    {"approve": _approve, "withdraw": _withdraw, "rule": _rule}[action](request, found, name)
    return see_other(f"{_at(found)}#offered")


def _approve(request: HttpRequest, found: McpServer, name: str) -> None:
    form = ApproveForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        carry_out(request, lambda: services.tool_approve(request.user, found, name, **given), _("Approved."))


def _withdraw(request: HttpRequest, found: McpServer, name: str) -> None:
    done = _("The tool is off.")
    carry_out(request, lambda: services.tool_withdraw(request.user, found, name), done)


def _rule(request: HttpRequest, found: McpServer, name: str) -> None:
    form = RuleForm(personas(request.user), request.POST)
    if form.is_valid():
        rule = {"policy": form.cleaned_data["policy"], "persona_id": form.cleaned_data["persona"].pk}
        carry_out(request, lambda: services.tool_rule_set(request.user, found, name, **rule), _("Saved."))


def _page(request: HttpRequest, found: McpServer, **forms: Any) -> HttpResponse:
    context = {"page": tools_page(request.user, found, **forms), "redirect_uri": redirect_uri(request, found)}
    return _status(show(request, "workflows/tool_server.html", context), forms.get("refused"))


def _status(response: HttpResponse, form: ServerForm | None) -> HttpResponse:
    response.status_code = 422 if form is not None and form.errors else 200
    return response


def _say(request: HttpRequest, server: McpServer) -> None:
    (messages.success if server.check_code == OK else messages.error)(request, check_words(server))


def _at(server: McpServer) -> str:
    return reverse("tool-server", args=[server.pk])
