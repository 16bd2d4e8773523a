"""DataTransfer (block P): what a maker registers in `station.vendors`, and nothing by itself."""


def data_transfer(station, request: dict, now: int) -> dict:
    """Hand the request to the vendor's function, `function(request, now) -> response`.

    The response is in 2.0.1's shape: {"status": ..., "data": any JSON}.
    """
    for vendor_id, vendor in station.vendors.items():
        if vendor_id.lower() == request["vendorId"].lower():  # a CiString in 1.6
            return vendor(request, now)
    return {"status": "UnknownVendorId"}  # P01.FR.05
