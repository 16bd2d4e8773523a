"""The contracts between the charge point and its hardware: one duck-typed class per peripheral.

A board gives `Hardware` one object per EVSE with these five attributes, and one reader:

pilot     .plugged() -> id of the connector that a cable joins to an EV, 0 if none
          .state() -> "A".."F", the control pilot state of IEC 61851-1
          .offer(current_ma)   sets the PWM duty cycle; 0 turns the oscillator off
contactor .close() -> bool, .open() -> bool    the state after it: True means closed / open now
          .closed() -> bool    what the auxiliary contact says
lock      .lock() -> bool, .unlock() -> bool   the state after it: True means locked / unlocked now
          .locked() -> bool    a board without a lock answers False to lock() and locked()
meter     .read(reading, now)   fills in the station.record.Reading of the EVSE, all but offered_ma
faults    .active() -> tuple of (connector_id, code) with OCPP 1.6's ChargePointErrorCode, or
          DiodeFailure, WeldedContactor, Other; connector_id 0 is the whole EVSE
reader    .take() -> (id_token, type, evse_id) of a card presented since the last call, or None;
          evse_id 0 for a reader that serves the whole station

None of them waits: a driver that needs time answers what is so now, and calls the `wake` that its
board gave it when something has changed. `now` is in ms, monotonic since boot. A driver raises
OSError when its part does not answer; `Hardware` then treats the EVSE as faulted.

The shells also need a clock (`hal.clock`) and random bytes (`os.urandom` where there is one).
"""
