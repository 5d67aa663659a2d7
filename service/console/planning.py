"""Planning: demand, gaps and markets, for whoever plans."""

from fastapi import APIRouter

router = APIRouter(prefix="/console", include_in_schema=False)
