"""Small programs behind the Makefile targets. Each guard exits with status 1 and one line per finding."""
