"""The network connection profiles: what is stored, which one is next, and which has worked.

Transient. A profile is a tuple: URL, security profile, slot, the subprotocols to offer (best
first) and the message time-out in s, 0 for the variable's. What the station left the factory with
is in `model.factory_networks`. What the server has set since is in the store's slot "network", and
so is a copy of the profile that worked last, with the subprotocol that was spoken.

Worked means that the server has accepted the station. Once any has, a connection by another
profile, or in another dialect, is on trial: it has _TRIAL_MS until BootNotification is Accepted,
or _PENDING_MS if the server says Pending. Else it is given up: passed over until the server sets
it or the priorities anew, and the one that worked last is used.

The dialect changes only when nobody charges and all transaction messages have been told; until
then the profile that worked last is used. If that one can't be reached for _PATIENCE_MS, or its
server is there and has refused the old dialect as often as NetworkProfileConnectionAttempts says,
the others have their turn all the same: a station that is lost helps nobody.

One trial at a time: an image on trial first tries the profile that worked last, so that a profile
that does not work is not taken for an image that does not.

The slot is lines of text: `1 given-up trial-boots`, format, bits and a number; then
`slot security-profile time-out version URL` of each profile that was set, a slot alone where one
was removed, and `= slot security-profile time-out subprotocol URL` of the one that worked last.
"""

from .. import modules
from ..compat import const

_MESSAGE_TIMEOUT = const(58)  # OCPPCommCtrlr.MessageTimeout[Default]
_ATTEMPTS = const(62)  # OCPPCommCtrlr.NetworkProfileConnectionAttempts
_PRIORITY = const(61)  # OCPPCommCtrlr.NetworkConfigurationPriority
_SECURITY_PROFILE = const(82)  # SecurityCtrlr.SecurityProfile

_TRIAL_MS = const(900000)
_PENDING_MS = const(3600000)
_TRIAL_BOOTS = const(5)  # in which a trial may begin, should none get to its end
_PATIENCE_MS = const(86400000)
_FORMAT = "1"


class Record:
    """The slot "network"; `save` writes it.

    stored: slot -> (security profile, time-out in s, version, URL), None where one was removed;
    good: the profile that worked last, offering only what was spoken, or None; given_up: a bit for
    each slot; boots: in which the present trial has begun.
    """

    def __init__(self, slots):
        self.stored = {}
        self.good: tuple | None = None
        self.given_up = self.boots = 0
        self._unknown = []  # lines of a later version, which are kept
        lines = str(slots.load("network") or b"", "utf-8").split("\n")
        head = lines[0].split(" ")
        if head[0] == _FORMAT and len(head) > 2:
            self.given_up, self.boots = int(head[1]), int(head[2])
            for line in lines[1:]:
                try:
                    self._read(line.split(" "))
                except ValueError:
                    self._unknown.append(line)

    def _read(self, words: list) -> None:
        if words[0] == "=":
            _, slot, level, timeout_s, spoken, url = words[:6]
            self.good = url, int(level), int(slot), (spoken,), int(timeout_s)
        elif len(words) == 1:
            self.stored[int(words[0])] = None
        else:
            slot, level, timeout_s, version, url = words[:5]
            self.stored[int(slot)] = int(level), int(timeout_s), version, url

    def save(self, slots) -> bool:
        """False where the store can't."""
        lines = ["%s %d %d" % (_FORMAT, self.given_up, self.boots)]
        for slot in sorted(self.stored):
            entry = self.stored[slot]
            lines.append("%d" % slot if entry is None else "%d %d %d %s %s" % ((slot,) + entry))
        if self.good is not None:
            url, level, slot, spoken, timeout_s = self.good
            lines.append("= %d %d %d %s %s" % (slot, level, timeout_s, spoken[0], url))
        data = "\n".join(lines + self._unknown).encode()
        return data == slots.load("network") or slots.save("network", data)


# ---- what there is


def begin(model, csms, subprotocols, built, tls_files) -> None:
    """What the board knows of the network, once at each start.

    csms: (URL, security profile) of each slot; subprotocols: to offer there; built: those of the
    image; tls_files: paths of root certificate, own certificate and key, None each.
    """
    model.subprotocols = tuple(built)
    names = tuple([name for name in subprotocols if name in built])
    profiles = [(url, level, slot, names, 0) for slot, (url, level) in enumerate(csms)]
    model.factory_networks = tuple(profiles)
    model.preset(_PRIORITY << 16, ",".join([str(profile[2]) for profile in profiles]))
    levels = [profile[1] for profile in profiles] + [1]
    if tls_files[0]:
        levels.append(3 if tls_files[1] and tls_files[2] else 2)
    model.max_security_profile = max(levels)
    record = Record(model.slots)
    if record.good is not None and not _is_there(model, record):
        record.good, record.given_up, record.boots = None, 0, 0
        record.save(model.slots)
    model.network_slots = allowed(model, record)


def _is_there(model, record) -> bool:
    """Whether what worked last is of a server's making, or what the board says is still that."""
    url, level, slot, spoken, _ = record.good
    if slot in record.stored:
        return True
    for profile in model.factory_networks:
        if profile[:3] == (url, level, slot):
            return spoken[0] in profile[3] or spoken[0] not in model.subprotocols
    return False


def known(model, record) -> dict:
    """slot -> profile, of all that are set."""
    found = {profile[2]: profile for profile in model.factory_networks}
    offered = modules.use("profiles.versions").offered
    for slot, entry in record.stored.items():
        found.pop(slot, None)
        if entry is not None:
            level, timeout_s, version, url = entry
            names = tuple([name for name in offered(version) if name in model.subprotocols])
            found[slot] = url, level, slot, names, timeout_s
    return found


def allowed(model, record) -> tuple:
    """The slots that may be used: not below the security profile that has worked (A05.FR.10)."""
    least = record.good[1] if record.good is not None else 0
    found = known(model, record)
    return tuple([slot for slot in sorted(found) if found[slot][1] >= least])


def by_priority(model) -> list:
    """The profiles that NetworkConfigurationPriority names, but for those that this image can't
    speak."""
    found = known(model, Record(model.slots))
    profiles = [found.get(int(slot or "-1")) for slot in model.text(_PRIORITY).split(",")]
    return [profile for profile in profiles if profile is not None and profile[3]]


# ---- which is next


def choice(station, profiles):
    """(the profiles to try in their order, whether the first of them has to wait for the queue).

    profiles: by priority, as they were when the station booted (B10.FR.04).
    """
    model = station.model
    record = Record(model.slots)
    good = record.good
    if good is not None and good[3][0] not in model.subprotocols:
        good = good[:3] + (model.subprotocols, good[4])
    level = model.integer(_SECURITY_PROFILE)  # where 1.6 has raised it, that comes first
    wanted = [profile for profile in profiles if profile[1] >= level]
    present = station.network if station.network[0] else good
    if present is not None and present[1] < level:
        wanted.append(_raised(present, level, good))
    wanted += [profile for profile in profiles if profile[1] < level]
    if good is None:
        return wanted, False
    wanted = [
        profile
        for profile in wanted
        if profile[1] >= good[1] and not record.given_up >> profile[2] & 1  # A05.FR.06
    ]
    first = wanted[0] if wanted else good
    if _waits(station):
        wanted = [profile for profile in wanted if profile[3][0] == good[3][0]]
    others = [profile for profile in wanted if profile[:3] != good[:3]]
    if image_on_trial(station):
        return [good] + others, (first[:3], first[3][0]) != (good[:3], good[3][0])
    held = first not in wanted and first[:3] != good[:3]
    if len(others) == len(wanted):
        wanted.append(good)  # B10.FR.07
    return wanted, held


def _raised(present, level: int, good):
    """The profile of the present connection with a higher security profile, in the dialect that
    was spoken by it."""
    url, _, slot, offered, timeout_s = present
    if level >= 2 and url[:3].lower() != "wss":
        url = "wss" + url[2:]
    if good is not None and good[2] == slot:
        offered = good[3]
    return url, level, slot, offered, timeout_s


def image_on_trial(station) -> bool:
    return station.updater is not None and station.updater.trial_s is not None


def _waits(station) -> bool:
    """Whether something has still to be told in the dialect in which it began."""
    if station.idle() and not station.outbox.counts()[0]:
        return False
    if station.refusals >= station.model.integer(_ATTEMPTS):
        return False
    return station.online or station.now - (station.offline_since_ms or 0) < _PATIENCE_MS


def may_change(station) -> bool:
    """Whether the connection may be made anew now, for the profile that had to wait."""
    return not (station.busy or image_on_trial(station) or _waits(station))


# ---- what has become of it


def connected(station, profile, subprotocol: str) -> bool:
    """A connection by this profile is up; True if it is on trial."""
    station.network = profile
    timeout = str(profile[4]) if profile[4] else None
    station.model.put(_MESSAGE_TIMEOUT << 16, timeout)  # never written to flash
    if station.provisioning.status == "Accepted":  # it still is: there is no new BootNotification
        accepted(station)
    good = Record(station.model.slots).good
    return good is not None and (good[:3], good[3][0]) != (profile[:3], subprotocol)


def began(station) -> None:
    """A trial has begun in this boot."""
    record = Record(station.model.slots)
    record.boots += 1
    record.save(station.model.slots)


def trial_ends_ms(station, since_ms: int):
    """Until when the profile on trial may try to be accepted; None: it has been."""
    status = station.provisioning.status
    if status == "Accepted":
        return None
    if Record(station.model.slots).boots > _TRIAL_BOOTS:
        return since_ms
    return since_ms + (_PENDING_MS if status == "Pending" else _TRIAL_MS)


def give_up(station, slot: int, lasted_ms: int) -> None:
    """The profile on trial is passed over from now on."""
    record = Record(station.model.slots)
    boots, record.boots = record.boots, 0
    record.given_up |= 1 << slot
    record.save(station.model.slots)
    what = slot, station.provisioning.status or "no answer", lasted_ms // 1000, boots
    report(station, "slot %d: BootNotification not Accepted (%s) after %d s, boots: %d" % what)


def report(station, text: str) -> None:
    """Tell the maker and the server why another profile is used than the first."""
    station.log("network profile failed: " + text)
    station.security_event("NetworkProfileFailed", text[:250])


def accepted(station) -> None:
    """The server has accepted the station: this profile works."""
    url, level, slot, _, timeout_s = station.network
    model = station.model
    record = Record(model.slots)
    before, record.good = (
        record.good,
        (url, level, slot, (station.profile.SUBPROTOCOL,), timeout_s),
    )
    record.boots = 0
    entry = known(model, record).get(slot)
    if entry is not None and entry[1] < level:  # it is `_raised`
        version = modules.use("profiles.versions").version(entry[3])
        record.stored[slot] = level, timeout_s, version, url
    raised = before is not None and before[1] < level
    if raised:  # A05.FR.06
        for other, profile in known(model, record).items():
            if profile[1] < level:
                record.stored[other] = None
        left = known(model, record)
        slots = [text for text in model.text(_PRIORITY).split(",") if int(text or "-1") in left]
        model.write(_PRIORITY, ",".join(slots) or str(slot))
    record.save(model.slots)
    model.network_slots = allowed(model, record)
    if model.integer(_SECURITY_PROFILE) != level:  # raised in vain under 1.6: as it was
        model.write(_SECURITY_PROFILE, str(level))
    if raised:
        station.security_event("ReconfigurationOfSecurityParameters", "SecurityProfile %d" % level)


def asked_again(model) -> None:
    """The server has set the priorities: what was given up is tried again."""
    record = Record(model.slots)
    if record.given_up or record.boots:
        record.given_up = record.boots = 0
        record.save(model.slots)
