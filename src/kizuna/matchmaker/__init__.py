"""What the matchmaker tells of itself."""
