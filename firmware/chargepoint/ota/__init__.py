"""Updates: the signed container, and two slots for it (docs/ota.md).

The station does not use them yet.
"""
