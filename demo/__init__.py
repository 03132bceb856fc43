"""A whole co-signing service on one machine, shown step by step: `make demo`."""
