"""Notifications to players, kept until they are deleted."""
