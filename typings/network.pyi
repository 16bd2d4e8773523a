# What the boards use of MicroPython's module network.
from machine import Pin

STA_IF: int
PHY_LAN8720: int

class _Interface:
    def active(self, on: bool) -> bool: ...
    def isconnected(self) -> bool: ...
    def ifconfig(self) -> tuple[str, str, str, str]: ...

class WLAN(_Interface):
    def __init__(self, interface: int) -> None: ...
    def connect(self, name: str, key: str) -> None: ...
    def disconnect(self) -> None: ...

class LAN(_Interface):
    def __init__(
        self,
        *,
        mdc: Pin = ...,
        mdio: Pin = ...,
        power: Pin = ...,
        phy_type: int = ...,
        phy_addr: int = ...,
        ref_clk: Pin = ...,
        ref_clk_mode: int = ...,
    ) -> None: ...
