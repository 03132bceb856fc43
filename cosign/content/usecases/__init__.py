"""What the content area can do, one capability per file."""
