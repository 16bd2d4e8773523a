"""Updates: the signed container, two slots for it, the download and the trial (docs/ota.md)."""
