"""The co-signing service: areas of business, the server around them, clients and programs."""
