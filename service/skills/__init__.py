"""Pure text: what a person's words say, phrase by phrase, and in which language."""
