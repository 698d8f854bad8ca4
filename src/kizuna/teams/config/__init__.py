"""The configuration of Teams: what it holds, how it is read and checked, and how a change of it spreads."""
