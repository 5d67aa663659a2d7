"""Mail through one server, and the signed links in it."""
