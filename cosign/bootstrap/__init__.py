"""What an app asks before its first login: configuration, versions, environments, regions (R-ACC-14, 30, 31).

The area has no rows of its own: it puts together what `cosign.brands` and `cosign.content` know.
"""
