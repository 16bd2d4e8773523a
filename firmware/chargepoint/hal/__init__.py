"""The contracts between the charge point and its hardware: one duck-typed class per peripheral.

A board gives `Hardware` one object per EVSE with these five attributes, and one reader:

pilot     .plugged() -> id of the connector that a cable joins to an EV, 0 if none
          .state() -> "A".."F", the control pilot state of IEC 61851-1
          .offer(current_ma)   sets the PWM duty cycle; 0 turns the oscillator off; returns what is
          offered, where the cable or the duty cycle allows less, or None
          .ramp_down_ms        how long an EV may draw on when the offer is gone; 6000 without it
contactor .close() and .open() -> True: closed / open now; None: not yet; False: it does not follow
          .closed() -> bool    what the auxiliary contact says
          .close_ms, .open_ms  how long it takes at the most; 500 where a driver has not got them
lock      .lock() and .unlock() -> True: locked / unlocked now; None: not yet; False: it isn't
          .locked() -> bool    a board without a lock answers False to lock() and locked()
meter     .read(reading, now)   fills in the station.record.Reading of the EVSE, all but
          offered_ma; returns False as long as it has nothing to say yet
faults    .active() -> tuple of (connector_id, code) with OCPP 1.6's ChargePointErrorCode, or
          DiodeFailure, WeldedContactor, Other; connector_id 0 is the whole EVSE
reader    .take() -> (id_token, type, evse_id) of a card presented since the last call, or None;
          evse_id 0 for a reader that serves the whole station

None of them waits: a driver that needs time answers what is so now, and calls the `wake` that its
board gave it when something has changed. One that must be asked has `.poll(now)`, which `Hardware`
calls first in each of its polls; a driver for which a contact or a motor moves finds out there
what has become of a command. `open()` is asked again at each poll while it answers None; the
others tell by `closed()`, `locked()` and their faults. `now` is in ms, monotonic since boot.

A driver raises OSError when its part does not answer, from `poll`, `plugged`, `state`, `active`,
`read` and `take` only, each time until it answers again. `Hardware` then treats the EVSE as
faulted; a reader alone is a ReaderFailure. Contactor, lock and `offer` never raise.

A contactor that has not moved in its time counts as welded or stuck. At an ordinary stop the offer
goes first, and the EV has `ramp_down_ms` before the contactor opens; a reset and an unlocking wait
ten seconds for all of that, so it should not take longer. In a fault it opens at once.

The shells also need a clock (`hal.clock`) and random bytes (`os.urandom` where there is one).
"""
