"""Match: what a person can do, written down and understood, and what they could do next."""

from fastapi import APIRouter

router = APIRouter(prefix="/console", include_in_schema=False)
