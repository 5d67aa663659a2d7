"""Referral: what a person takes home on paper."""

from fastapi import APIRouter

router = APIRouter(prefix="/console", include_in_schema=False)
