"""What waits in a team's mailbox."""
