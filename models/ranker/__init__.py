"""The learned combination of features: which listings an officer would refer."""
