"""The station's updater: downloads, long calculations, and the trial of the running image.

One operation at a time, in a task of its own; what comes of it is news that the station takes. The
downloading itself (`download`), the installation and the trial are in memory only while they run.
Its one time limit is a deadline in poll(): a test or a simulator can hold the clock.
"""

import asyncio

from .. import modules
from ..compat import cold, const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from collections.abc import Callable

_CHECK_MS = const(20000)
_SILENT_CHECKS = const(3)  # without any progress


class Places:
    """Where the images are. record: block device of the slots' record, which has two sectors, None
    on a board without; devices: the block devices of the two slots; views: both as bytes in place;
    running: the number of the one that runs; update_keys: bytes of the file update_keys.bin;
    product, hardware: a word each; boot_version: BOOT_VERSION of the frozen slots.py; system:
    where the whole firmware goes, see ota.system, None if it can't be replaced."""

    def __init__(
        self,
        record,
        devices,
        views,
        running,
        update_keys,
        product,
        hardware,
        boot_version=1,
        system=None,
    ):
        self.record = record
        self.devices = devices
        self.views = views
        self.running = running
        self.update_keys = update_keys
        self.product = product
        self.hardware = hardware
        self.boot_version = boot_version
        self.system = system

    @property
    def records(self):
        """slots.Records, None on a board without. Not kept: it would keep its module in memory."""
        if self.record is None:
            return None
        return modules.use("ota.slots").Records(self.record)


class Updater:
    """store: its slot "download" is the updater's; network: `async resolve(host, port) -> (ip,
    port)`; tls_files: see link.tls.context; subprotocol(): the one in use, or None; boots,
    deadline_s: of the trial of a new image.

    protocols: schemes of the locations it takes. version: of the running image by its header, None
    if it has none. trial_s: the running image is on trial and must be confirmed within so many
    seconds from boot on, else None; 0: it must not be confirmed, for it has no key to check the
    next one with. fell_back: why the image that was put on trial last is not the
    one that runs, None if nothing of the kind was. news: take() has something, and `wake` was
    called when it came.
    """

    protocols = "FTP,HTTP,HTTPS"

    def __init__(
        self, places, store, network, tls_files, subprotocol=None, boots=3, deadline_s=900
    ):
        self.places = places
        self.store = store
        self.network = network
        self.tls_files = tls_files
        self.subprotocol = subprotocol
        self.boots = boots
        self.deadline_s = deadline_s
        self.version, self.trial_s, self.fell_back = modules.use("ota.trial").look(places)
        self.news = False
        self.wake = lambda: None
        self.stream = None  # of the download; whoever ends its task closes it
        self.progress = 0  # grows while the server sends
        self.receiving = None  # of the download
        self.kept = None  # see Receiving.kept
        self.verify: "Callable | None" = None  # see container.check
        self._task = None
        self._result = None
        self._seen = -1
        self._silent = 0
        self._due = None

    @cold
    def fetch(self, location: str, fresh: bool) -> None:
        """One attempt to download the file into the free slot. It goes on where the last one
        stopped, also before a reboot, unless `fresh`."""
        self._begin(modules.use("ota.download").attempt(self, location, fresh))
        self._seen = -1
        self._silent = self._due = 0
        self.wake()

    @cold
    def run(self, steps) -> None:
        """Run a generator to its end, a step per turn of the loop."""
        self._begin(self._run(steps))

    @cold
    def install(self):
        """The generator that makes the file that was fetched the image on trial: None, or why it
        is refused. Nothing but the next boot is changed by it."""
        return modules.use("ota.installation").installing(self)

    @cold
    def stop(self) -> None:
        """End what runs. No news of it comes any more; what has been written stays."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        if self.stream is not None:
            self.stream.close()
        if self.receiving is not None:
            self.kept = self.receiving.kept()
        self.stream = self.receiving = self._result = self._due = None
        self.news = False

    @cold
    def take(self):
        """What came of the operation, once; or None.

        ("fetched", SHA-256 of the whole file as it was received), ("failed", why, whether another
        attempt may help), ("ran", value of the generator). Raises what the generator raised.
        """
        result, self._result = self._result, None
        self.news = False
        if isinstance(result, Exception):
            raise result
        return result

    @cold
    def confirm(self) -> None:
        """The running image, on trial so far, stays."""
        modules.use("ota.trial").confirm(self.places)
        self.trial_s = None

    @cold
    def give_up(self, deadline: bool) -> None:
        """The running image, on trial, has failed: restart now. deadline: it had its time."""
        modules.use("ota.trial").give_up(self.places, deadline)
        self.trial_s = None

    def busy(self) -> bool:
        """Whether an operation runs."""
        return self._task is not None

    def poll(self, now: int) -> None:
        """End a download that makes no progress."""
        if self._due is not None and now >= self._due:
            self._watch(now)

    def next_deadline(self) -> "int | None":
        return self._due

    @cold
    def ended(self, result) -> None:
        """What the operation has come to: the last act of its task."""
        self._task = None
        self._tell(result)

    @cold
    def _tell(self, result) -> None:
        self.stop()
        self._result = result
        self.news = True
        self.wake()

    @cold
    def _begin(self, coroutine) -> None:
        if self._task is not None or self.news:
            coroutine.close()
            raise ValueError("an operation at a time")
        self._task = asyncio.create_task(coroutine)

    @cold
    async def _run(self, steps) -> None:
        try:
            while True:
                next(steps)
                await asyncio.sleep(0)
        except StopIteration as end:
            result = ("ran", end.value)
        except Exception as error:
            result = error
        steps = None  # a task that is over may be found in memory for long
        self.ended(result)

    @cold
    def _watch(self, now: int) -> None:
        self._silent = self._silent + 1 if self.progress == self._seen else 0
        self._seen = self.progress
        self._due = now + _CHECK_MS
        if self._silent == _SILENT_CHECKS:
            self._tell(("failed", "the server sends nothing", True))
