"""The in-process listing index: columns, vectors and n-grams in immutable segments."""
