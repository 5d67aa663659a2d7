"""What words of other languages mean, learned from the lexicon and from translated sentences."""
