"""What a team has of each item."""
