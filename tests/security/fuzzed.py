"""A platform with a person of every role, and schemathesis let loose on it over the wire."""

import subprocess
import sysconfig
from pathlib import Path

from tests.platform import Platform

ROLES = ("owner", "manager", "approver", "member", "viewer", "auditor")
PEOPLE = """
from datetime import timedelta
from foundation.accounts import services as s
from foundation.accounts.models import Role, User
from foundation.core.actors import SYSTEM
from tests import factories
s.roles_seed()
for name in {roles}:
    user, _made = User.objects.get_or_create(username=name)
    s.role_grant(SYSTEM, Role.objects.get(name=name), user=user)
    print(name, s.access_token_create(SYSTEM, user=user, lifetime=timedelta(hours=2)))
"""
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "ignored_auth", "unsupported_method",
    "allow_header_conformance", "use_after_free",
)  # fmt: skip
# What ends the token that asks, waits for a provider, or answers with a stream that has no shape.
LEFT_OUT = ("/api/v1/auth/logout/",)
SEED = 20261129


def tokens(platform: Platform, *roles: str) -> dict[str, str]:
    said = platform.python(PEOPLE.format(roles=repr(roles)))
    return dict(line.split() for line in said.splitlines())


def fuzz(
    platform: Platform,
    token: str,
    folder: Path,
    *,
    examples: int,
    phases: str,
    checks: tuple[str, ...] = CHECKS,
    **more: str,
) -> tuple[int, str]:
    """`(exit status, what it printed)`; 0 when every answer was as the schema and the checks want it."""
    schema = folder / "openapi.json"
    with platform.client() as client:
        schema.write_bytes(client.get("/api/v1/schema/?format=json").read())
    program = Path(sysconfig.get_path("scripts")) / "st"
    command = [
        str(program), "run", str(schema), "--url", platform.base, "--phases", phases,
        "--checks", ",".join(checks), "--max-examples", str(examples), "--seed", str(SEED), "--generation-deterministic",
        "--no-color", "--continue-on-failure", "--workers", "2", "--request-timeout", "60",
        "--warnings", "off", "--suppress-health-check", "all", "--no-shrink", "--output-truncate", "false",
    ]  # fmt: skip
    for path in LEFT_OUT:
        command += ["--exclude-path", path]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    for name, value in more.items():
        command += [f"--{name.replace('_', '-')}", value]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr
