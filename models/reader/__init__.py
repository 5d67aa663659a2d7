"""Which phrases are about work, and which of them deny it."""
