"""What the messages area can do, one capability per file."""
