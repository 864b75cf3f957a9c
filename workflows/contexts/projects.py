"""Projects: what they are for, how far they are, what belongs to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foundation.activity.streams import followed
from foundation.core.paging import Page, paged
from foundation.core.permissions import fetch, may
from workflows.contexts.home import with_progress
from workflows.contexts.policies import PolicyTold, project_policy
from workflows.models import Project
from workflows.selectors import projects, workflows

MOST_SHOWN = 200


@dataclass(frozen=True)
class ProjectsPage:
    projects: Sequence[Project]


def projects_page(user: Any) -> ProjectsPage:
    return ProjectsPage(list(projects(user).order_by("-created_at")[:MOST_SHOWN]))


@dataclass(frozen=True)
class ProjectPage:
    project: Project
    page: Page
    streams: str
    may_change: bool
    may_delete: bool

    @property
    def policy(self) -> PolicyTold:
        return project_policy(self.project, may_change=self.may_change)

    @property
    def progress(self) -> int:
        return round(self.project.progress or 0)


def project_page(user: Any, pk: Any, cursor: str = "") -> ProjectPage:
    streams = followed(user, "inbox")
    project = fetch(projects(user), user, pk=pk)
    page = paged(with_progress(user, workflows(user).filter(project=project)), cursor)
    return ProjectPage(project, page, streams, may(user, "change", project), may(user, "delete", project))
