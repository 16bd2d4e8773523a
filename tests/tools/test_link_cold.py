"""The linker: methods and functions that come and go. MicroPython runs what it writes."""

from pathlib import Path

import pytest

from tests.tools.test_link_modules import MODULES, linked, run
from tools import link_modules

LAMP = """\
from . import modules, power
from .compat import cold
class Lamp:
  def __init__(self):
    self.watts = 3
  @cold
  def shine(self, times):
    return _double(power.used(self.watts)) * times
def _double(x):
  return 2 * _same(x)
def _same(x):
  return x
"""
POWER = "def used(watts):\n  return watts + 1\n"


def test_a_cold_method_goes_with_the_functions_that_only_it_uses(tmp_path: Path):
    main = "import sys\nfrom chargepoint.lamp import Lamp\nprint(Lamp().shine(5))\n"
    main += "print([name for name in sys.modules if name.startswith('chargepoint.')])\n"
    files = linked(lamp=LAMP, modules=MODULES, power=POWER, main=main)
    resident, cold = files["chargepoint/__init__.py"], files["chargepoint/cold_Lamp.py"]
    for name in ("shine", "_double", "_same", "used"):
        assert f"{name}(" in cold and f"{name}(" not in resident
    assert run(tmp_path, files) == "40\n['chargepoint.cold_Lamp']\n"


def test_what_only_transient_modules_use_is_one_too(tmp_path: Path):
    fan = "from .power import used\ndef blow():\n  return used(1)\n"
    main = "import sys\nfrom chargepoint import modules\nfrom chargepoint.lamp import Lamp\n"
    main += "print(Lamp().shine(5), modules.use('fan').blow())\n"
    main += "def loaded():\n  return sorted(n for n in sys.modules if 'chargepoint.' in n)\n"
    main += "print(loaded())\nmodules.release()\nprint(loaded())\n"
    kept = "modules.keep()\nmodules.use('fan')\nmodules.release()\nprint(loaded())\n"
    files = linked("fan", lamp=LAMP, modules=MODULES, power=POWER, fan=fan, main=main + kept)
    loaded = ["chargepoint.cold_Lamp", "chargepoint.fan", "chargepoint.power"]
    assert run(tmp_path, files) == f"40 2\n{loaded}\n[]\n{loaded[1:]}\n"


@pytest.mark.parametrize(
    "power, other",
    [
        pytest.param(POWER, "from .power import used\nclass Fan:\n  watts = used(1)\n", id="two"),
        pytest.param(f"_seen = []\n{POWER}", "class Fan:\n  watts = 2\n", id="state"),
        pytest.param(f"class Fan:\n  pass\n{POWER}", "from .power import Fan\n", id="class"),
    ],
)
def test_what_others_use_or_has_a_state_stays(tmp_path: Path, power: str, other: str):
    main = "from chargepoint.lamp import Lamp\nfrom chargepoint.fan import Fan\n"
    main += "print(Lamp().shine(5), Fan.__name__)\n"
    files = linked(lamp=LAMP, modules=MODULES, power=power, fan=other, main=main)
    assert "def used(" in files["chargepoint/__init__.py"]
    assert run(tmp_path, files) == "40 Fan\n"


def test_a_cold_method_that_is_kept_from_the_beginning_is_refused():
    text = LAMP.replace("self.watts = 3", "self.watts = self.shine")
    with pytest.raises(link_modules.Failure, match="lamp, line 5: shine is cold, and is kept"):
        linked(lamp=text, modules=MODULES, power=POWER, main="")


def test_two_classes_of_a_name_can_not_both_have_cold_methods():
    with pytest.raises(link_modules.Failure, match="lantern, line 7: two classes Lamp have cold"):
        linked(lamp=LAMP, lantern=LAMP, modules=MODULES, power=POWER, main="")


def test_nothing_is_derived_from_a_class_with_cold_methods():
    other = "from .lamp import Lamp\nclass Big(Lamp):\n  volts = 1\n"
    said = "big, line 2: Lamp has cold methods, so Big can't be derived from it"
    with pytest.raises(link_modules.Failure, match=said):
        linked(lamp=LAMP, big=other, modules=MODULES, power=POWER, main="")


def test_a_cold_coroutine_is_awaited_like_any_other(tmp_path: Path):
    lamp = "from .compat import cold\nclass Lamp:\n  @cold\n  async def shine(self, times=1):\n"
    lamp += "    return await self._once() * times\n  async def _once(self):\n    return 3\n"
    main = "from chargepoint.lamp import Lamp\ntry:\n  Lamp().shine(times=2).send(None)\n"
    main += "except StopIteration as end:\n  print(end.value)\n"
    assert run(tmp_path, linked(lamp=lamp, modules=MODULES, main=main)) == "6\n"


def test_a_method_that_is_not_there_is_an_attribute_error(tmp_path: Path):
    main = "from chargepoint.lamp import Lamp\ntry:\n  Lamp().blow()\n"
    main += "except AttributeError as error:\n  print(error)\n"
    files = linked(lamp=LAMP, modules=MODULES, power=POWER, main=main)
    assert "no attribute 'blow'" in run(tmp_path, files)


def test_a_cold_method_may_have_the_name_of_a_function_that_it_does_not_use(tmp_path: Path):
    lamp = "from .compat import cold\nfrom .power import open\nclass Lamp:\n  @cold\n"
    lamp += "  def open(self):\n    return self.hold()\n  def hold(self):\n    return open()\n"
    power = "def open():\n  return [4]\n"
    main = "from chargepoint.lamp import Lamp\nprint(Lamp().open())\n"
    files = linked(lamp=lamp, modules=MODULES, power=power, main=main)
    assert run(tmp_path, files) == "[4]\n"


@pytest.mark.parametrize("name", ["open", "watts"])
def test_a_cold_method_hides_no_function_that_is_used_beside_it(name: str):
    lamp = "from .compat import cold\nfrom .power import watts\nclass Lamp:\n  @cold\n"
    lamp += f"  def {name}(self):\n    return {name}('x')\n"
    with pytest.raises(
        link_modules.Failure, match=f"{name} is cold, and chargepoint.lamp has another one"
    ):
        linked(lamp=lamp, modules=MODULES, power=POWER)


@pytest.mark.parametrize("body", ["super().shine()", "global count"])
def test_what_a_cold_method_can_not_have(body: str):
    text = f"from .compat import cold\nclass Lamp:\n  @cold\n  def shine(self):\n    {body}\n"
    with pytest.raises(link_modules.Failure, match="lamp, line 5: a cold method has no `global`"):
        linked(lamp=text, modules=MODULES, main="")


def test_a_cold_property_is_refused():
    text = "from .compat import cold\nclass Lamp:\n  @property\n  @cold\n  def watts(self):\n"
    with pytest.raises(link_modules.Failure, match="lamp, line 5: watts can't be cold"):
        linked(lamp=text + "    return 3\n", modules=MODULES, main="")


# Two modules that have something of the same name, and who imports both.


def test_a_class_with_cold_methods_keeps_its_name():
    other = "def Lamp():\n  pass\n"
    with pytest.raises(link_modules.Failure, match="Lamp, which has cold methods, needs another"):
        linked(a=other, lamp=LAMP, modules=MODULES, power=POWER, main="")
