"""PostgreSQL in the tests: a real server, and what only it can show."""
