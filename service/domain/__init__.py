"""Frozen values the whole house speaks in; they import nothing above themselves."""
