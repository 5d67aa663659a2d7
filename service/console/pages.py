"""The console's start page, and the way to it."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

router = APIRouter(include_in_schema=False)

_START = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Homeward</title>
<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto;
  padding: 0 1rem; }
code, pre { background: #f2f2ee; padding: .1rem .3rem; border-radius: .2rem; }
pre { padding: 1rem; overflow-x: auto; }
</style>
</head>
<body>
<main>
<h1>Homeward</h1>
<p>Homeward ranks what a person who has come home from working abroad could do next:
a job at home, a job in another country, or a training that opens one.</p>
<p>The officers' pages are not part of this release. Until then, ask over HTTP
(<a href="/docs">all calls, to try in the browser</a>):</p>
<pre>curl -s http://127.0.0.1:8000/v1/match \\
  -H "Authorization: Bearer $HOMEWARD_ADMIN_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"text": "I lay bricks and plaster, eight years in Dammam", "home_country": "BD"}'</pre>
<p>or in a terminal:</p>
<pre>homeward match "I lay bricks and plaster" --home BD</pre>
</main>
</body>
</html>
"""


@router.get("/", response_class=RedirectResponse)
def root() -> RedirectResponse:
    """Lead to the console."""
    return RedirectResponse("/console/")


@router.get("/console/", response_class=HTMLResponse)
def start() -> HTMLResponse:
    """Show the start page."""
    return HTMLResponse(_START)
