"""The list of parties."""
