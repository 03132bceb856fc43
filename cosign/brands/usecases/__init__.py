"""What the brands area can do, one capability per file."""
