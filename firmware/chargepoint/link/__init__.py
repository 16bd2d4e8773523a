"""The connection to the CSMS: WebSocket codec and HTTP upgrade (pure), TLS, names, the manager."""
