"""When something is due: reset schedules, and the rows that see to it."""
