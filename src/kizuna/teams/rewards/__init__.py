"""Rewards: what the configuration promises, how it is rolled, and where it lands."""
