"""The service itself: `/predict`, `/evaluate`, `/health` and `/metrics`, described at `/openapi.json`.

Annotations are evaluated here, not postponed: FastAPI reads them, and some name what only the function knows.
"""

import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xray_model import __version__
from xray_model.bundles.bundle import Bundle
from xray_model.errors import InvalidConfig, InvalidDataset, InvalidRadiograph, RefusedRadiograph
from xray_model.evaluation.prevalence import HIGHEST, LOWEST
from xray_model.imaging.zip_archives import MAX_BYTES
from xray_model.inference.batch import OK, REFUSED, UNREADABLE
from xray_model.notice import NOTICE
from xray_model.service.bodies import LATER, Bodies
from xray_model.service.event_log import log_event
from xray_model.service.schemas import Answer, Failure, Health, Model
from xray_model.service.telemetry import Telemetry
from xray_model.service.work import Busy, Workers

MOST_ARCHIVE = 256 * 2**20  # bytes
TITLE = "Pneumonia on chest radiographs"
FILM_TYPES = ("application/octet-stream", "application/dicom", "image/png", "image/jpeg", "image/tiff")
ARCHIVE_TYPES = ("application/zip", "application/octet-stream")
FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The request is malformed"},
    401: {"model": Failure, "description": "The token is missing or wrong"},
    408: {"model": Failure, "description": "The body did not arrive in time"},
    413: {"model": Failure, "description": "The body is too large"},
    422: {"model": Failure, "description": "The file cannot be read, or a parameter is wrong"},
    503: {"model": Failure, "description": "Too much to do; come again after Retry-After seconds"},
}


def create_app(bundle: Bundle, token: str | None = None) -> FastAPI:
    """The service for one bundle. token: what clients must send as `Authorization: Bearer …`; None lets all in."""
    workers, bodies, telemetry = Workers(bundle), Bodies(), Telemetry()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()
        log_event("stop")

    no_pages: dict[str, Any] = {"docs_url": None, "redoc_url": None}  # they load scripts from elsewhere
    app = FastAPI(title=TITLE, version=__version__, description=NOTICE, lifespan=lifespan, **no_pages)
    _explain_failures(app)
    allowed = [Depends(_token_check(token))]
    Prevalence = Annotated[float | None, Query(ge=LOWEST, le=HIGHEST, description="share of pneumonia; without: 0.5")]
    names = [point.name for point in bundle.card.operating_points]
    PointName = Annotated[str | None, Query(json_schema_extra={"enum": names}, description="without: the bundle's")]

    app.add_middleware(Counting, telemetry=telemetry)

    @app.post(
        "/predict",
        dependencies=allowed,
        response_model=Answer,
        responses=FAILURES,
        openapi_extra=_body(FILM_TYPES, MAX_BYTES),
    )
    async def predict(request: Request, operating_point: PointName = None, prevalence: Prevalence = None) -> Response:
        """Answer one radiograph: the body is the file itself, an image or DICOM."""
        if operating_point is not None and operating_point not in names:
            raise HTTPException(422, f"Unknown operating point; expected one of {', '.join(names)}.")
        async with bodies.read(request, MAX_BYTES) as data:
            try:
                analysis = await workers.answer(data, operating_point, prevalence)
            except RefusedRadiograph as error:
                telemetry.count_answer(REFUSED)
                return _sent(Answer.refused(error, bundle))
            except InvalidRadiograph:
                telemetry.count_answer(UNREADABLE)
                raise
        telemetry.count_answer(OK)
        return _sent(Answer.of(analysis, bundle))

    @app.post("/evaluate", dependencies=allowed, responses=FAILURES, openapi_extra=_body(ARCHIVE_TYPES, MOST_ARCHIVE))
    async def evaluate(request: Request, prevalence: Prevalence = None) -> dict[str, Any]:
        """Measure the bundle on a ZIP archive with folders NORMAL and PNEUMONIA; figures as `evaluate --json` gives."""
        async with bodies.read(request, MOST_ARCHIVE) as data:
            return await workers.evaluate(data, prevalence)

    @app.get("/health")
    async def health() -> Health:
        """Say that the service answers, in which version and with which bundle."""
        return Health(model=Model.of(bundle))

    @app.get(
        "/metrics",
        dependencies=allowed,
        responses={200: {"content": {"text/plain": {}}}, 401: FAILURES[401]},
        response_class=Response,
    )
    async def metrics() -> Response:
        """Counts and times for Prometheus."""
        return Response(telemetry.text(workers.in_work), media_type="text/plain; version=0.0.4; charset=utf-8")

    return app


class Counting:
    """Counts every request. As plain ASGI: Starlette's own base for this costs a task and a queue a request."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app, self._telemetry = app, telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and look at the status of what comes back."""
        start, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if scope["type"] == "http":
                route = scope.get("route")
                self._telemetry.count_request(route.path if route else "unknown", status, start)


def _sent(answer: Answer) -> Response:
    """An answer as JSON. It is valid as it was made: FastAPI would check it once more."""
    return Response(answer.model_dump_json(), media_type="application/json")


def _token_check(token: str | None) -> Callable[..., Awaitable[None]]:
    # Asynchronous, although it waits for nothing: FastAPI would hand it to a thread for every request

    async def check(
        sent: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ) -> None:
        given = sent.credentials if sent else ""
        if token and not hmac.compare_digest(given.encode(), token.encode()):
            raise HTTPException(401, "Send the token as 'Authorization: Bearer TOKEN'.", {"WWW-Authenticate": "Bearer"})

    return check


def _explain_failures(app: FastAPI) -> None:
    """Answer every failure as `Failure`, in words and without a traceback."""

    def say(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
        return JSONResponse({"message": message}, status, headers)

    @app.exception_handler(AnyHTTPException)
    async def http(_: Request, error: AnyHTTPException) -> Response:
        return say(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def parameters(_: Request, error: RequestValidationError) -> Response:
        return say(422, " ".join(f"{found['loc'][-1]}: {found['msg']}." for found in error.errors()))

    @app.exception_handler(Busy)
    async def busy(_request: Request, _error: Busy) -> Response:
        return say(503, "Too many radiographs are waiting. Come again in a moment.", LATER)

    async def file(_: Request, error: Exception) -> Response:
        return say(422, str(error))

    for kind in (InvalidRadiograph, InvalidDataset, InvalidConfig):
        app.add_exception_handler(kind, file)


def _body(types: tuple[str, ...], most: int) -> dict[str, Any]:
    """The description of a body that is a file: FastAPI knows only forms, which would be written to a disk."""
    content = {
        name: {"schema": {"type": "string", "format": "binary", "minLength": 1, "maxLength": most}} for name in types
    }
    return {"requestBody": {"required": True, "content": content}}
