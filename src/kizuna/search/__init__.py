"""The query language of listings and of the matchmaker."""
