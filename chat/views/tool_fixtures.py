"""Fixtures: what calls of tools are answered with when they come again."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest
from chat.answering import problem_with
from chat.models import ToolFixture
from chat.typed import as_typed

# Fixtures on one page.
PAGE = 50


@login_required
@require_safe
def tool_fixtures(request: PersonRequest) -> HttpResponse:
    """All of the person's, newest first; `?before=` goes on behind one of them, `?deleted=` offers one back."""
    mine = ToolFixture.objects.of(request.user).newest_first()
    if before := _number(request, "before"):
        mine = mine.filter(pk__lt=before)
    page = list(mine[: PAGE + 1])
    context = {
        "fixtures": page[:PAGE],
        "more_url": f"?before={page[PAGE - 1].pk}" if len(page) > PAGE else "",
        "deleted": ToolFixture.objects.deleted_by(request.user).filter(pk=_number(request, "deleted")).first(),
    }
    return render(request, "chat/tool_fixtures.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tool_fixture(request: PersonRequest, fixture_id: int) -> HttpResponse:
    """One fixture, to be changed."""
    fixture = _fixture(request, fixture_id)
    problem = ""
    if request.method == "POST":
        fixture.result, fixture.is_error = as_typed(request.POST, "result"), "error" in request.POST
        fixture.arguments = as_typed(request.POST, "arguments")
        problem = problem_with(fixture.result)
        if not problem:
            fixture.put()
            return redirect("chat:tool_fixtures")
    context = {"fixture": fixture, "problem": problem}
    return render(request, "chat/tool_fixture.html", context, status=422 if problem else 200)


@login_required
@require_POST
def delete(request: PersonRequest, fixture_id: int) -> HttpResponse:
    """Out of sight, with a notice that brings it back."""
    deleted = _fixture(request, fixture_id)
    deleted.delete_softly()
    if request.htmx:
        return render(request, "chat/_tool_fixture_deleted.html", {"deleted": deleted})
    return redirect(f"{reverse('chat:tool_fixtures')}?deleted={deleted.pk}")


@login_required
@require_POST
def restore(request: PersonRequest, fixture_id: int) -> HttpResponse:
    restored = get_object_or_404(ToolFixture.objects.deleted_by(request.user), pk=fixture_id)
    restored.restore()
    if request.htmx:
        return render(request, "chat/_tool_fixture.html", {"fixture": restored})
    return redirect("chat:tool_fixtures")


def _fixture(request: PersonRequest, fixture_id: int) -> ToolFixture:
    return get_object_or_404(ToolFixture.objects.of(request.user), pk=fixture_id)


def _number(request: PersonRequest, name: str) -> int:
    """The number of a fixture in the address; 0, which none has, where there is no such number."""
    written = request.GET.get(name, "")
    return int(written) if written.isdecimal() and len(written) < 19 else 0
