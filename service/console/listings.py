"""Listings: jobs and trainings, and the people for one of them."""

from fastapi import APIRouter

router = APIRouter(prefix="/console", include_in_schema=False)
