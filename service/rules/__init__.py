"""Pure policy: what must not be shown, and what must be said about what is."""
