"""Leaderboards and tournaments: scores, ranks, and the schedules of their periods."""
