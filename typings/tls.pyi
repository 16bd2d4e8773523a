PROTOCOL_TLS_CLIENT: int
PROTOCOL_TLS_SERVER: int
CERT_NONE: int
CERT_OPTIONAL: int
CERT_REQUIRED: int
MBEDTLS_VERSION: str

class SSLContext:
    verify_mode: int
    verify_callback: object
    def __init__(self, protocol: int) -> None: ...
    def load_cert_chain(self, cert: bytes | str, key: bytes | str) -> None: ...
    def load_verify_locations(self, cadata: bytes) -> None: ...
    def get_ciphers(self) -> list[str]: ...
    def set_ciphers(self, ciphers: list[str]) -> None: ...
    def wrap_socket(
        self,
        sock: object,
        *,
        server_side: bool = ...,
        do_handshake_on_connect: bool = ...,
        server_hostname: str | None = ...,
    ) -> object: ...
