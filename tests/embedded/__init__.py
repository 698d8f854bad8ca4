"""Tests of the embedded PostgreSQL and of the tools on it."""
