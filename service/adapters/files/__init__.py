"""Uploaded files, read row by row and within limits."""

from service.adapters.files.read import read_rows
from service.adapters.files.sniff import sniff

__all__ = ["read_rows", "sniff"]
