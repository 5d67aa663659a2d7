"""One verb per file: what Homeward does, whoever asks for it."""
