"""The officers' console, over HTTP and in a browser."""
