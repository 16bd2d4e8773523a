"""ClearCache (block C11): forgets who was authorized, and nothing else."""


def clear_cache(station, request: dict, now: int) -> dict:
    """Accepted, or Rejected where the cache is switched off (C11.FR.04)."""
    cleared = station.authorization.clear_cache()
    return {"status": "Accepted" if cleared else "Rejected"}
