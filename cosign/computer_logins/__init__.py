"""Logins of computers that a phone approves (R-ACC-29, login method `pc_qr`)."""
