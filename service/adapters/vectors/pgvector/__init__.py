"""The listing index in PostgreSQL: vectors by pgvector, n-grams as postings, rules in the WHERE."""
