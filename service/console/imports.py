"""Imports: files of listings and people, tried first, taken in then."""

from fastapi import APIRouter

router = APIRouter(prefix="/console", include_in_schema=False)
