"""The audit trail: an append-only, hash-chained record of every act on a key or device (§10.1).

Rows are chained per segment: each node writes its own segment, `cosignctl` writes the segment `operator`. The
row is written in the transaction of the act itself, so there is no act without its row. Signed heads are kept
in the database and in a file outside it, so that a cut tail or an old copy of the database is noticed at the
next start.

Other areas use `cosign.audit.trail.AuditTrail` and `cosign.audit.model.AuditEntry`.
"""
