"""What this image was built with. tools/build_app.py puts one made from manifest.py in its place;
this one, with everything in, is for trying a board out without an image."""

FEATURES = ("remote_control", "remote_trigger", "authorization_cache", "data_transfer", "firmware")
PRODUCT = "none"
SUBPROTOCOLS = ("ocpp2.0.1", "ocpp1.6")
