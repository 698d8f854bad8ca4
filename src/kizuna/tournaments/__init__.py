"""Leaderboards that are open for a time: windows, places and attempts."""
