"""Chat channels: their ids and their history."""
