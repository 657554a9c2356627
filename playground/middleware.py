"""What becomes of every answer: its headers, and words where the database was in trouble."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

from runs.storage import storage

# Nothing from elsewhere, nothing inline. `connect-src 'self'` covers the socket of the same origin.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


@sync_and_async_middleware
def content_security_policy(
    get_response: Callable[[HttpRequest], Answer],
) -> Callable[[HttpRequest], Answer]:
    """Every answer, error pages too, says what a page may load: our own files and nothing else."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return _with_headers(await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _with_headers(get_response(request))  # type: ignore[arg-type]

    return answer


def _with_headers(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


class TroubleInWords(MiddlewareMixin):
    """A request that the database could not serve is answered with the reason, and what was written is kept."""

    # Seconds after which whoever asks by machine may ask again.
    RETRY_AFTER = 10

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        trouble = storage.failed(exception)
        if trouble is None:
            return None
        template = "_trouble.html" if "HX-Request" in request.headers else "503.html"
        context = {"trouble": trouble, "is_reading": request.method == "GET", "written": request.POST.get("text", "")}
        # Rendered without the request: the page's usual context would ask the database who is there.
        page = render_to_string(template, context)
        return HttpResponse(page, status=503, headers={"Retry-After": str(self.RETRY_AFTER)})
