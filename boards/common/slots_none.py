"""A firmware without slots can't be updated."""


def open_updater(station, network, tls_files, hardware, is_idle):
    return None
