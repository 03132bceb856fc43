"""The staff side of the API: `StaffClient` for login and own account, and what staff do, by topic.

    with StaffClient.open(home, "staff.example:7444", ca) as staff:
        staff.log_in("reviewer-1", password, code)
        found = staff.lookup.find("bxq", phone_number=number)

Results are messages of the API; `proto/cosign/api/v1/` describes their fields. Faults are those of
`cosign.client.phone`.
"""

from cosign.client.staff.client import StaffClient

__all__ = ["StaffClient"]
