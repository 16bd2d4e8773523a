"""How many instructions the station takes, counted on the emulated board without a host.

tools/instructions.py makes an image of the application and these modules, runs it, and reads the
lines `count name` on UART 0; `end` comes last.
"""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import gc
import sys

import machine
import messages
import parts
import signatures
from meter import Meter


def main() -> None:
    gc.disable()  # no collection in the middle of what is counted
    meter = Meter()
    parts.count(meter)
    for subprotocol in ("ocpp1.6", "ocpp2.0.1"):
        messages.count(meter, subprotocol)
    signatures.count(meter)
    signatures.longest_steps(meter)
    for name in sorted(meter.counts):
        print(meter.counts[name], name)
    print("end")


try:
    main()
except Exception as error:
    sys.print_exception(error)
finally:
    machine.reset()
