"""What the reviews area can do, one capability per file."""
