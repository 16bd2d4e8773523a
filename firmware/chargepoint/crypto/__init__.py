"""Signatures, certificates and signing requests: docs/crypto.md says what is checked."""
