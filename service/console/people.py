"""People: who has come, found again, their record, and its erasure."""

from fastapi import APIRouter

router = APIRouter(prefix="/console", include_in_schema=False)
