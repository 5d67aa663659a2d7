"""The edge shared by API and console: who calls, how fast, and how errors look."""
