"""Reward modifiers that are in force for a team (T-166, T-176)."""
