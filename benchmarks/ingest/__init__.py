"""How fast files become records, and records rows, beside the packages that others use."""
