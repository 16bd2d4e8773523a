"""Cars, meters and pilots."""

from host_sim.world import MJ_PER_WH, Ev, Evse

HOUR_MS = 3_600_000


def charging(**ev) -> Evse:
    evse = Evse(1, 3, 32, 1)
    evse.plugged, evse.ev = 1, Ev(**ev)
    evse.closed, evse.offered_ma = True, 32000
    evse.settle(0)
    return evse


def run(evse: Evse, until_ms: int) -> None:
    """Through every event of the world."""
    while (event := evse.next_event_ms()) is not None and event <= until_ms:
        evse.settle(event)
    evse.settle(until_ms)


def test_the_pilot_follows_plug_offer_and_wish():
    evse = Evse(1, 3, 32, 1)
    assert evse.pilot == "A"
    evse.plugged, evse.ev = 1, Ev()
    assert evse.pilot == "B"
    evse.offered_ma = 6000
    assert evse.pilot == "C"
    evse.offered_ma = 5999  # less than IEC 61851 lets a car take
    assert evse.pilot == "B"
    evse.offered_ma = 32000
    evse.ev.wants_energy = False
    assert evse.pilot == "B"
    evse.ev.pilot = "E"
    assert evse.pilot == "E"


def test_power_follows_car_phases_and_offer():
    assert charging(max_kw=11).power_w == 11000
    assert charging(max_kw=43).power_w == 3 * 230 * 32
    assert charging(max_kw=43, phases=1).power_w == 230 * 32
    evse = charging(max_kw=43, phases=1)
    evse.offered_ma = 10000
    evse.settle(0)
    assert evse.power_w == 2300 and evse.current_ma == [10000, 0, 0]
    evse.offered_ma = 0
    evse.settle(0)
    assert evse.power_w == 0 and evse.current_ma == [0, 0, 0]


def test_nothing_flows_while_the_contactor_is_open():
    evse = charging()
    evse.closed = False
    evse.settle(0)
    assert evse.power_w == 0 and evse.next_event_ms() is None


def test_the_register_is_exact():
    evse = charging(max_kw=7.2, soc=0)
    evse.settle(HOUR_MS // 2)
    assert evse.register_mj == 3600 * MJ_PER_WH and evse.energy_wh == 3600
    facts = evse.facts(1000)
    assert facts["meter"][0] == 3_600_000 and facts["meter"][5] == HOUR_MS // 2 - 1000


def test_what_the_station_has_read_stays_on_the_meter():
    evse = charging(max_kw=7.2, soc=0)
    evse.settle(HOUR_MS // 2)
    evse.shown(3_600_000)
    assert evse.energy_wh == 3600
    evse.shown(3_601_500)
    assert evse.register_mj == 3601.5 * MJ_PER_WH and evse.energy_wh == 3601


def test_power_falls_above_80_percent_until_the_battery_is_full():
    evse = charging(battery_kwh=10, soc=79, max_kw=10)
    powers = []
    while evse.power_w:
        powers.append(evse.power_w)
        evse.settle(evse.next_event_ms())
    assert powers[:3] == [10000, 10000, 9500] and powers[-1] == 500
    assert powers == sorted(powers, reverse=True)
    assert evse.ev.is_full and evse.ev.soc_percent == 100 and evse.pilot == "B"
    assert evse.energy_wh == 2100


def test_events_are_the_whole_percents_of_the_battery():
    evse = charging(battery_kwh=36, soc=10, max_kw=3.6)
    assert evse.next_event_ms() == 360_000  # 1 % of 36 kWh at 3.6 kW
    run(evse, 3 * HOUR_MS)
    assert evse.ev.soc_percent == 40


def test_a_power_cut_opens_the_contactor_and_keeps_the_register():
    evse = charging()
    evse.power_lost(HOUR_MS)
    assert evse.energy_wh == 11000 and evse.power_w == 0 and evse.pilot == "B"


def test_the_signature_changes_with_what_the_station_must_know():
    evse = charging()
    before = evse.signature
    evse.settle(1000)
    assert evse.signature == before  # only the register has gone on
    evse.ev.wants_energy = False
    evse.settle(1000)
    assert evse.signature != before


def test_another_battery_keeps_the_charge_in_percent():
    ev = Ev(battery_kwh=50, soc=40)
    ev.battery_kwh = 100
    ev.resize()
    assert ev.soc_percent == 40 and ev.energy_mj == 40_000 * MJ_PER_WH
