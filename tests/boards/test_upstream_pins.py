"""The pins of the STM32 boards are those that MicroPython's own board definitions have."""

import csv
import re
from pathlib import Path

import pytest

from tools import boards, build_qemu, chips, stand_ins

STM32 = [name for name in boards.names() if boards.load(name).upstream]


def upstream(name: str) -> Path:
    folder = build_qemu.source() / "ports" / "stm32" / "boards"
    return folder / boards.load(name).upstream


def named(name: str) -> dict[str, list[str]]:
    """A controller's pin, as in D12 -> the board's names for it."""
    found: dict[str, list[str]] = {}
    with (upstream(name) / "pins.csv").open() as file:
        for row in csv.reader(file):
            if len(row) == 2 and row[1].startswith("P"):
                found.setdefault(row[1][1:], []).append(row[0])
    return found


def header(name: str) -> str:
    """The board's mpconfigboard.h, and the one that it is made from."""
    text = (upstream(name) / "mpconfigboard.h").read_text()
    other = re.search(r'#include "boards/(\w+)/mpconfigboard.h"', text)
    if other is not None:
        text += (upstream(name).parent / other[1] / "mpconfigboard.h").read_text()
    return text


@pytest.mark.parametrize("name", STM32)
def test_every_pin_of_a_board_is_in_its_list(name: str, tmp_path: Path, capsys):
    board, there = boards.load(name), named(name)
    by_name = {word for words in there.values() for word in words}
    with stand_ins.composed(board.folder, board.pins, False, tmp_path) as (_, recorder):
        for pin, use in recorder.uses.items():
            assert pin in (there if board.pins == "nucleo144" else by_name), f"{pin} ({use})"


@pytest.mark.parametrize("name", STM32)
def test_free_pins_are_in_its_list(name: str):
    board, there = boards.load(name), named(name)
    known = set(there) | {word for words in there.values() for word in words}
    assert chips.PINS[board.pins].free <= known


@pytest.mark.parametrize("name", STM32)
def test_buses_have_the_pins_that_the_table_says(name: str):
    table, text = chips.PINS[boards.load(name).pins], header(name)
    for kind, buses, ends in (
        ("UART", table.uarts, ("TX", "RX")),
        ("SPI", table.spis, ("SCK", "MISO", "MOSI")),
    ):
        for number, pins in buses.items():
            found = [
                re.search(rf"MICROPY_HW_{kind}{number}_{end}\s+\((?:pyb_)?pin_(\w+)\)", text)
                for end in ends
            ]
            assert [each and each[1] for each in found] == list(pins), f"{kind} {number}"


@pytest.mark.parametrize("name", STM32)
def test_timers_adc_and_interrupt_lines_are_those_of_the_chip(name: str):
    board = boards.load(name)
    table, of_cpu = chips.PINS[board.pins], {}
    for pin, words in named(name).items():
        for word in [pin] if board.pins == "nucleo144" else words:
            of_cpu[word] = pin
    functions = {}
    for row in (upstream(name).parent / f"{board.chip_name}_af.csv").read_text().splitlines():
        cells = re.split(r"\s*[,/]\s*", row)
        functions[cells[1][1:]] = cells
    for pin, (timer, channel) in table.timers.items():
        assert f"TIM{timer}_CH{channel}" in functions[of_cpu[pin]], pin
    for pin in table.adc:
        assert [each for each in functions[of_cpu[pin]] if re.match(r"ADC\d+_IN", each)], pin
    for pin in table.free & set(of_cpu):
        line = chips.interrupt_line(board.pins, pin)
        assert line is None or line == int(of_cpu[pin][1:]), pin


@pytest.mark.parametrize("name", [name for name in STM32 if "nucleo" in name])
def test_names_of_the_header_are_told_from_those_of_the_controller(name: str):
    words = {word for words in named(name).values() for word in words}
    meant = {word for word in words if re.fullmatch(r"[A-K]\d+", word)}
    assert meant <= chips.PINS["nucleo144"].header
    ethernet = set(re.findall(r"MICROPY_HW_ETH_\w+\s+\(pin_(\w+)\)", header(name)))
    assert ethernet == chips.PINS["nucleo144"].ethernet


@pytest.mark.parametrize("name", [name for name in STM32 if "nucleo" in name])
def test_the_readme_tells_where_on_the_headers_a_pin_is(name: str):
    rows = (boards.BOARDS / name / "README.md").read_text().splitlines()
    there, told = named(name), 0
    for row in rows:
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        if len(cells) == 3 and re.match(r"[A-G]\d", cells[1]) and cells[2]:
            for pin, place in zip(cells[1].split(", "), cells[2].split(", "), strict=True):
                assert place in there[pin], row
                told += 1
    assert told == 15
