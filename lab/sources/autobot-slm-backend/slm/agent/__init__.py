"""Stand-in for the agent that runs on every node."""
