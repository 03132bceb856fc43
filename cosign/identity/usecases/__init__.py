"""One capability per file. No I/O but through the ports."""
