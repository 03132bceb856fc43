"""What the staff area can do, one capability per file."""
