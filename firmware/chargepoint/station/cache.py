"""The authorization cache (C10 and C11): what the server has said of tokens.

One text in the slot "cache", read when a card comes and not kept in RAM: a line for each token,
latest first, of its lower-case value, type, status, group, expiry and time of entry, parted by
tabs. It forgets refused tokens first, then the oldest (C10.FR.07). Whether it is switched on,
`authorization` asks for `lookup` and `remember`.
"""

from .. import timestamp
from ..compat import const

_ENABLED = const(30)  # AuthCacheCtrlr.Enabled
_LIFE_TIME = const(31)  # AuthCacheCtrlr.LifeTime

_MAX_CACHED = const(32)
_FRESH_S = const(3600)  # the latest entry is not written anew within this time
_END_S = const(2713910400)  # 2106
_SLOT = "cache"


def clear_cache(station, request: dict, now: int) -> dict:
    """Forget all tokens: Accepted, or Rejected where the cache is switched off (C11.FR.04), or
    can't be changed."""
    done = station.model.boolean(_ENABLED) and station.store.slots.delete(_SLOT)
    return {"status": "Accepted" if done else "Rejected"}


def lookup(station, token, now: int):
    """(status, group) of a token in the cache, or None; status "" once its date is over."""
    line = _find(_load(station), token.id_token, token.type)
    if line is None or not _plain(token.id_token):
        return None
    _, _, status, group, expiry, entered = line.split("\t")
    epoch_s = station.clock_epoch_s(now)
    if epoch_s is not None:  # C10.FR.10, C10.FR.13
        life_s = station.model.integer(_LIFE_TIME)
        if expiry:
            if epoch_s > int(expiry):
                return "", ""
        elif life_s and entered and epoch_s > int(entered) + life_s:
            return None
    return status, group


def remember(station, id_token: str, token_type: str, info: dict, now: int) -> None:
    """Keep an idTokenInfo of the server, if a line can hold it and it is not over."""
    text = _load(station)
    epoch_s = station.clock_epoch_s(now)
    expiry = _epoch_s(info.get("cacheExpiryDateTime"))
    valid = expiry is None or epoch_s is None or expiry > epoch_s
    group = station.authorization.group_of(info)
    if not (_plain(id_token) and _plain(group)):
        return
    lines = text.split("\n") if text else []
    old = _find(text, id_token, token_type)
    fields = [id_token.lower(), token_type, info["status"], group]
    fields += [str(expiry or ""), str(epoch_s or "")]
    if old is not None:
        was = old.split("\t")
        if valid and epoch_s and old == lines[0] and was[:5] == fields[:5] and was[5]:
            if epoch_s - int(was[5]) < _FRESH_S:
                return  # spare the flash
        lines.remove(old)
    if valid:
        lines.insert(0, "\t".join(fields))
    if len(lines) > _MAX_CACHED:
        refused = [line for line in lines if line.split("\t")[2] != "Accepted"]
        lines.remove(refused[-1] if refused else lines[-1])
    station.store.slots.save(_SLOT, "\n".join(lines).encode())


def _load(station) -> str:
    return (station.store.slots.load(_SLOT) or b"").decode()


def _find(text: str, id_token: str, token_type: str):
    """The cache's line of that token, or None."""
    text = "\n" + text + "\n"
    at = text.find("\n%s\t%s\t" % (id_token.lower(), token_type))
    return None if at < 0 else text[at + 1 : text.find("\n", at + 1)]


def _plain(text: str) -> bool:
    """Whether a line of the cache can hold it."""
    return "\t" not in text and "\n" not in text


def _epoch_s(text):
    """Seconds of a timestamp, or None for none, or one that is none or outside 2020 to 2105."""
    try:
        epoch_s = timestamp.parse(text) if text else 0
    except ValueError:
        return None
    return epoch_s if 0 < epoch_s < _END_S else None
