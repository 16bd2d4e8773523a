"""One attempt to download a file: from a source into `receiving`, a step per turn of the loop."""

import asyncio

from .. import modules
from ..compat import const

_COUNTED_BYTES = const(512)  # who sends less in the time allowed sends nothing


async def attempt(updater, location: str, fresh: bool) -> None:
    """Ends with `updater.ended`, whatever comes."""
    try:
        result = await _result(updater, location, fresh)
    except MemoryError:
        result = "failed", "no memory", True
    except Exception as error:  # ours; the station goes on
        result = "failed", "internal error: %s: %s" % (type(error).__name__, error), False
    updater.ended(result)
    modules.release()


async def _result(updater, location: str, fresh: bool):
    try:
        source = modules.use("ota.sources").source
        source = updater.stream = source(updater.network, updater.tls_files, location)
    except ValueError as error:
        return "failed", str(error), False
    module = modules.use("ota.receiving")
    try:
        receiving = updater.receiving = module.Receiving(updater, location, fresh)
        while receiving.wanted is not None:
            await _body(updater, source, receiving)
    except module.Failed as failed:
        return "failed", failed.args[0], failed.args[1]
    except (OSError, ValueError) as error:
        text = "%s: %s" % (source.phase, error)
        return "failed", " ".join(text.split()), True  # TLS tells in several lines
    return "fetched", receiving.digest


async def _body(updater, source, receiving) -> None:
    """What one request brings."""
    if not await source.open(*receiving.wanted):
        await _stepwise(receiving, receiving.gone())
        return
    updater.progress += 1
    receiving.opened(source.start, source.total)
    count = 0
    view = await source.read()
    while view:
        count += len(view)
        if count >= _COUNTED_BYTES:
            count = 0
            updater.progress += 1
        await _stepwise(receiving, receiving.taking(view))
        view = await source.read()
    await _stepwise(receiving, receiving.ending())


async def _stepwise(receiving, steps) -> None:
    try:
        for _ in steps:
            await asyncio.sleep(0)
    except OSError as error:
        receiving.spoiled()
        raise OSError("flash: %s" % error) from None
