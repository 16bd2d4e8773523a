"""DataTransfer (block P): what a maker registers in `station.vendors`, and nothing by itself."""


def data_transfer(station, request: dict, now: int) -> dict:
    """Hand the request to the vendor's function, `function(request, now) -> response`.

    The response is in 2.0.1's shape: {"status": ..., "data": any JSON}.
    """
    vendor = station.vendors.get(request["vendorId"])
    if vendor is None:
        return {"status": "UnknownVendorId"}  # P01.FR.05
    return vendor(request, now)
