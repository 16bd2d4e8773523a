from chargepoint.profiles import versions


def test_what_a_version_offers():
    assert versions.offered("OCPP20") == ("ocpp2.0.1", "ocpp1.6")
    assert versions.offered("OCPP16") == ("ocpp1.6",)
    for name in "OCPP12", "OCPP15", "OCPP21", "":
        assert versions.offered(name) == ()


def test_each_version_is_the_name_of_what_it_offers():
    for name in "OCPP16", "OCPP20":
        assert versions.version(versions.offered(name)) == name
    assert versions.version(("ocpp2.0.1",)) == "OCPP20"
