"""Friends: invitations, friendships, blocks."""
