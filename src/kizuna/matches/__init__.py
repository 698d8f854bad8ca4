"""The list of running matches."""
