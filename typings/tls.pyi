# What link/tls.py uses of MicroPython's module tls, and what else is there. After each name: the C file that
# it was taken from, by which tests/typings checks it.
PROTOCOL_TLS_CLIENT: int  # extmod/modtls_mbedtls.c
PROTOCOL_TLS_SERVER: int  # extmod/modtls_mbedtls.c
CERT_NONE: int  # extmod/modtls_mbedtls.c
CERT_OPTIONAL: int  # extmod/modtls_mbedtls.c
CERT_REQUIRED: int  # extmod/modtls_mbedtls.c
MBEDTLS_VERSION: str  # extmod/modtls_mbedtls.c

class SSLContext:  # extmod/modtls_mbedtls.c
    verify_mode: int
    verify_callback: object
    def __init__(self, protocol: int, /) -> None: ...
    def load_cert_chain(self, cert: bytes | str, key: bytes | str, /) -> None: ...
    def load_verify_locations(self, cadata: bytes, /) -> None: ...
    def get_ciphers(self, /) -> list[str]: ...
    def set_ciphers(self, ciphers: list[str], /) -> None: ...
    def wrap_socket(
        self,
        sock: object,
        /,
        *,
        server_side: bool = ...,
        do_handshake_on_connect: bool = ...,
        server_hostname: str | None = ...,
    ) -> object: ...
