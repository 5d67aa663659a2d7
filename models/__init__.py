"""Model artifacts, their cards, and the code that trains, exports and measures them."""
