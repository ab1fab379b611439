"""Stand-in for the library that every AutoBot service in Python shares."""
