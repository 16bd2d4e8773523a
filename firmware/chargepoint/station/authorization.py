"""Who may charge, and who may stop (block C).

A token that is presented first stops what it, or its group, started. Otherwise it is looked up:
what the station knows by itself decides at once where LocalPreAuthorize says so, or where the
server can't be asked (LocalAuthorizeOffline, OfflineTxForUnknownIdEnabled); else the server is
asked. A lost link fails at once, one that is dead unnoticed when the question has no answer. A
server that refuses the question, or answers what can't be read, has not accepted the token. Who is
accepted gets the EVSE that was named, or the one where an EV waits, or the only one there is; else
the next plug within EVConnectionTimeOut takes it, unless an EV has got another authorization while
the server was asked: it may have been the one that was meant.

What the station knows is in the cache, see `cache`.

Nothing is ever due here: who does not plug in is forgotten by `transactions`."""

from .. import modules
from ..compat import cold, const
from .evse import IdToken, is_printable

_CACHE_ENABLED = const(30)  # AuthCacheCtrlr.Enabled
_CACHE_DISABLE_POST_AUTHORIZE = const(34)  # AuthCacheCtrlr.DisablePostAuthorize
_AUTHORIZE_REMOTE_START = const(36)  # AuthCtrlr.AuthorizeRemoteStart
_DISABLE_REMOTE_AUTHORIZATION = const(41)  # AuthCtrlr.DisableRemoteAuthorization
_LOCAL_AUTHORIZE_OFFLINE = const(37)  # AuthCtrlr.LocalAuthorizeOffline
_LOCAL_PRE_AUTHORIZE = const(38)  # AuthCtrlr.LocalPreAuthorize
_MASTER_PASS_GROUP_ID = const(39)  # AuthCtrlr.MasterPassGroupId
_OFFLINE_TX_FOR_UNKNOWN_ID = const(40)  # AuthCtrlr.OfflineTxForUnknownIdEnabled

_NEVER_ASKED = "NoAuthorization Central"  # C02, C05.FR.01; nor are they cached


class Authorization:
    """Tokens of one Station."""

    def __init__(self, station):
        self.station = station
        self._asked = None  # IdToken that the server is asked about

    # ---- inputs

    @cold
    def on_token(self, id_token: str, token_type: str, evse_id: int, now: int) -> None:
        """A token was presented at an EVSE, or at the station (0)."""
        if not is_printable(id_token):
            self.station.log("a token that no message can tell was presented: %r" % id_token)
            return
        token = IdToken(id_token, token_type)
        for evse in self._places(evse_id):
            if token.same(evse.authorized):  # C01.FR.03, E07.FR.01
                self.station.transactions.stop(evse, "Local", "StopAuthorized", now, token)
                return
            if token.same(evse.owner):  # E05.FR.11: the cable is his
                self.station.transactions.release(evse, now)
                if evse.transaction is None:
                    return
        if not token.same(self._asked):
            self._check(token, evse_id, now)

    @cold
    def on_remote_start(self, evse, id_token, token_type, remote_start_id, now: int) -> None:
        """The server starts `evse` for that token (F01, F02)."""
        token = IdToken(id_token, token_type, "", remote_start_id)
        if self.station.model.boolean(_AUTHORIZE_REMOTE_START):  # F01.FR.01
            self._check(token, evse.id, now)
        else:  # F01.FR.02
            self._start(token, evse.id, None, now)

    # ---- what is known locally

    @cold
    def lookup(self, token, now: int):
        """(status, group) of a token that the station knows, or None.

        status "": it was accepted until a date that is over. It is not unknown then (OCPP 1.6,
        3.5.4): offline it stays out.
        """
        if not self._has_cache():
            return None
        known = modules.use("station.cache").lookup(self.station, token, now)
        modules.done("station.cache")
        return known

    @cold
    def remember(self, id_token: str, token_type: str, info: dict, now: int) -> None:
        """Keep an idTokenInfo of the server in the cache (C10.FR.01, FR.04, FR.05)."""
        if "status" in info and self._has_cache() and token_type not in _NEVER_ASKED.split():
            modules.use("station.cache").remember(self.station, id_token, token_type, info, now)
            modules.done("station.cache")

    @cold
    def group_of(self, info: dict) -> str:
        """The group of an idTokenInfo, or ""."""
        return info.get("groupIdToken", {}).get("idToken", "")

    @cold
    def _has_cache(self) -> bool:
        """Whether there is a cache, and it is switched on."""
        model = self.station.model
        return model.has_feature("authorization_cache") and model.boolean(_CACHE_ENABLED)

    # ---- deciding

    @cold
    def _places(self, evse_id: int) -> list:
        """Where a token that was presented there can mean something."""
        if evse_id:
            return [self.station.evses[evse_id - 1]]
        return self.station.transactions.all()

    @cold
    def _check(self, token, evse_id: int, now: int) -> None:
        """Decide by what is known, or ask the server."""
        model = self.station.model
        known = self.lookup(token, now)
        accepted = known is not None and known[0] == "Accepted"
        if token.type in _NEVER_ASKED.split():
            self._start(token, evse_id, None, now)
        elif accepted and self._stop_by_group(token, known[1], evse_id, now):
            pass
        elif accepted and model.boolean(_LOCAL_PRE_AUTHORIZE):  # C12
            self._grant(token, known[1], evse_id, None, now)
        elif model.boolean(_DISABLE_REMOTE_AUTHORIZATION) or (
            known is not None
            and known[0] not in ("Accepted", "")
            and model.boolean(_CACHE_DISABLE_POST_AUTHORIZE)
        ):
            if accepted:
                self._grant(token, known[1], evse_id, None, now)
        else:

            def on_answer(answer, now):
                self._on_answer(token, evse_id, answer, now)

            self._asked = token
            token.free = [evse for evse in self.station.evses if evse.authorized is None]
            request = {"idToken": {"idToken": token.id_token, "type": token.type}}
            self.station.emit("Authorize", request, on_answer)

    @cold
    def _on_answer(self, token, evse_id: int, answer, now: int) -> None:
        if token is self._asked:
            self._asked = None
        if answer is not None:
            info = answer.get("idTokenInfo") or {}
            self.remember(token.id_token, token.type, info, now)
            if info.get("status") == "Accepted":
                self._grant(token, self.group_of(info), evse_id, info.get("evseId"), now)
            return
        model = self.station.model
        known = self.lookup(token, now)
        if known is None:
            if model.boolean(_OFFLINE_TX_FOR_UNKNOWN_ID):  # C15.FR.08
                self._start(token, evse_id, None, now)
        elif known[0] == "Accepted" and model.boolean(_LOCAL_AUTHORIZE_OFFLINE):  # C13
            self._grant(token, known[1], evse_id, None, now)

    @cold
    def _grant(self, token, group: str, evse_id: int, allowed, now: int) -> None:
        """The token is accepted: it stops its group's transaction, or starts one."""
        master = self.station.model.text(_MASTER_PASS_GROUP_ID)
        if group and group.lower() == master.lower():  # C16.FR.02, C16.FR.03: stops, never starts
            for evse in self.station.transactions.all():
                if evse.transaction is not None or evse.authorized is not None:
                    stop = self.station.transactions.stop
                    stop(evse, "MasterPass", "StopAuthorized", now, token)
        elif not self._stop_by_group(token, group, evse_id, now):
            token.group = group
            self._start(token, evse_id, allowed, now)

    @cold
    def _stop_by_group(self, token, group: str, evse_id: int, now: int) -> bool:
        """End what another token of the group started (C09.FR.03); True if there was any."""
        for evse in self._places(evse_id):
            other = evse.authorized
            if group and other is not None and group.lower() == other.group.lower():
                self.station.transactions.stop(evse, "Local", "StopAuthorized", now, token)
                return True
        return False

    @cold
    def _start(self, token, evse_id: int, allowed, now: int) -> None:
        """Authorize the EVSE that the token is for; allowed: evse ids, or None for all."""
        transactions = self.station.transactions
        if not transactions.may_start():
            return
        token.evse_ids = allowed  # C01.FR.21
        evses = [
            evse
            for evse in self.station.evses
            if evse_id in (0, evse.id)
            and token.good_at(evse, self.station)
            and (  # C01.FR.23
                evse.transaction is None
                or evse.transaction.token is None
                or token.same(evse.transaction.token)
            )
        ]
        waiting = [evse for evse in evses if evse.connected] or [e for e in evses if e.plugged]
        if waiting:
            transactions.authorize(waiting[0], token, now)
        elif len(evses) == 1 and (evse_id or len(self.station.evses) == 1):
            transactions.authorize(evses[0], token, now)
        elif evses and transactions.lobby.authorized is None:
            for evse in token.free:
                if evse.plugged and evse.authorized is not None:
                    return  # maybe it was for this EV, and somebody else was faster
            transactions.authorize(transactions.lobby, token, now)
