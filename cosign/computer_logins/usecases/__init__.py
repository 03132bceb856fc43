"""What the area of computer logins can do."""
