"""Homeward: ranks jobs and trainings for people who come home from working abroad."""

__version__ = "0.1.0"
