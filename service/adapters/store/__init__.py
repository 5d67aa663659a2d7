"""Records in a SQL database: SQLite on one machine, written so that PostgreSQL can follow."""
