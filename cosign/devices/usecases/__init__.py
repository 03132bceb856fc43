"""What the devices area can do, one capability per file."""
