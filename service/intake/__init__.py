"""Other makers' records turned into ours. Pure: no file, no network, no clock."""
