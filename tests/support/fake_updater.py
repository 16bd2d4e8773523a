"""An updater without flash and network, stricter than the real one (ota.updater.Updater).

One operation at a time; a file is installed only after it was fetched whole; what was fetched and
what is on trial is in `flash`, which outlives a reboot. Generators are really run, a step at each
`turn`, whoever wrote them. A download ends when a test says so: `arrive(data)` or `fail(why)`.
"""

from hashlib import sha256


class Flash:
    """What survives: the file that was fetched, and which image is on trial."""

    def __init__(self, version="1.0.0"):
        self.running = version
        self.other: "tuple | None" = (
            None  # (version, "trial", "confirmed" or why it fell back) of the other slot
        )
        self.on_trial = False  # the one that runs
        self.fetched: "bytes | None" = None  # the digest of the whole file
        self.new_version = "2.0.0"
        self.refusal: "str | None" = None  # what install() says
        self.boots = True  # the image that is on trial comes up
        self.has_keys = True  # and could take an update after it


class FakeUpdater:
    protocols = "FTP,HTTP,HTTPS"

    def __init__(self, flash):
        self.flash = flash
        self.news = False
        self.wake = lambda: None
        self.version = flash.running
        self.trial_s = None
        self.fell_back = None
        if flash.other is not None and flash.other[1] == "trial":
            if flash.boots:
                flash.running, flash.other = flash.other[0], (flash.running, "confirmed")
                flash.on_trial = True
            else:
                flash.other = (flash.other[0], "boots used up")
        elif flash.on_trial and not flash.boots:  # it was restarted until its boots were used up
            flash.on_trial = False
            flash.running, flash.other = flash.other[0], (flash.running, "boots used up")
        self.version = flash.running
        if flash.on_trial:
            self.trial_s = 900 if flash.has_keys else 0
        elif flash.other is not None and flash.other[1] != "confirmed":
            self.fell_back = flash.other[1]
        self.fetches = []  # (location, fresh)
        self.doing = None  # "fetch" or the generator
        self.must_reboot = False
        self._result = None

    def fetch(self, location, fresh):
        self._begin("fetch")
        assert not self.flash.on_trial, "the other slot is the way back"
        self.flash.fetched = None
        self.fetches.append((location, fresh))

    def run(self, steps):
        self._begin(steps)

    def install(self):
        assert self.flash.fetched is not None, "no file was fetched"
        return self._installing()

    def _installing(self):
        for _ in range(5):
            yield
        if self.flash.refusal is not None:
            return self.flash.refusal
        assert not self.flash.on_trial
        self.flash.other = (self.flash.new_version, "trial")
        return None

    def stop(self):
        self.doing = self._result = None
        self.news = False

    def take(self):
        result, self._result = self._result, None
        self.news = False
        if isinstance(result, Exception):
            raise result
        return result

    def confirm(self):
        assert self.flash.on_trial, "nothing is on trial"
        assert self.flash.has_keys, "no update could follow"
        self.flash.on_trial, self.trial_s = False, None

    def give_up(self, deadline):
        assert self.flash.on_trial, "nothing is on trial"
        why = "deadline passed" if deadline else "given up"
        self.flash.on_trial, self.trial_s = False, None
        self.flash.running, self.flash.other = self.flash.other[0], (self.flash.running, why)
        self.must_reboot = True

    def poll(self, now):
        """The real one watches its download."""

    def next_deadline(self):
        return None

    # ---- what a test does

    def arrive(self, data: bytes):
        """The file has been downloaded to its end."""
        assert self.doing == "fetch", "nothing is being downloaded"
        self.flash.fetched = sha256(data).digest()
        self._tell(("fetched", self.flash.fetched))

    def fail(self, why="the server does not answer", again=True):
        assert self.doing == "fetch", "nothing is being downloaded"
        self._tell(("failed", why, again))

    def turn(self) -> bool:
        """A turn of the loop: one step of the generator that runs; False if there is none."""
        if self.doing is None or self.doing == "fetch":
            return False
        try:
            next(self.doing)
        except StopIteration as end:
            self._tell(("ran", end.value))
        except Exception as error:
            self._tell(error)
        return True

    def _begin(self, what):
        assert not self.must_reboot, "the station has given up and goes on"
        if self.doing is not None or self.news:
            raise ValueError("an operation at a time")
        self.doing = what

    def _tell(self, result):
        self.doing, self._result, self.news = None, result, True
        self.wake()
