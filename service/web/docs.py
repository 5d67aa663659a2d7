"""/docs: every call, to read and try in the browser; with nothing fetched from elsewhere.

FastAPI's own page asks a content network for Swagger UI. A house without a network would show a
blank page, so the files come from a package (fastapi-offline, which carries them) instead.
"""

from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

ASSETS: Final = "/docs/assets"
_PARAMETERS: Final[dict[str, Any]] = {
    "defaultModelsExpandDepth": 0,
    "displayRequestDuration": True,
    "filter": True,
    # Swagger UI would send the document to its makers' validator.
    "validatorUrl": None,
}

router = APIRouter(include_in_schema=False)


@router.get("/docs", response_class=HTMLResponse)
def docs(request: Request) -> HTMLResponse:
    """Show every call."""
    root = str(request.scope.get("root_path", "")).rstrip("/")
    return get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title=f"{request.app.title}: every call",
        swagger_js_url=f"{root}{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{root}{ASSETS}/favicon.png",
        swagger_ui_parameters=_PARAMETERS,
    )


def install(app: FastAPI) -> None:
    """Answer /docs and the files it asks for."""
    app.include_router(router)
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]), name="docs-assets")
