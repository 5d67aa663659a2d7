"""An application that answers with nothing: what FastAPI alone takes."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/nothing")
def nothing() -> dict[str, bool]:
    """Answer."""
    return {"nothing": True}
