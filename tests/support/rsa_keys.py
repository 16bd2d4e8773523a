"""RSA key pairs of many sizes, and signatures with any padding. Both interpreters.

The primes are from a seeded generator, so these keys are nobody's. Each is 2 modulo 3, so that 3
is an exponent too.
"""

from hashlib import sha256

E65537 = 65537
# The two primes by the bits of the modulus.
_PRIMES = {
    1024: (
        "b4f61a49cc350c15b35825b483f9b189893673f08de16996ad7631b287a7d1f806e18a2294725e038d6b504a"
        "09d772dbd00bc803b4009d20a3e27bb798293e23",
        "e6ba61fbf1e858738bf1a5509ef2ab741ae554e0def541428b92b1c0c71ace618f7249f833b9bc1d69dbda3d"
        "a7698a132929121e7b910e451abff09d2eee3939",
    ),
    2047: (
        "e6e5c9f7b076048d5702e29f080074a165a5fa67390e3d13f98504d536a95665edd1f3bbab74c21da811a09b"
        "2ce0760cd6c0262dff303a241ee977b4a81d219f112d50ce0b7a1a9fb08d2a8007b5ebdb51838c230aa58b2f"
        "872b0b4536072ebc744083c1c0851f67e8615c12d629e1700fa6ebb2bde3ae1b9154675150fb6da7",
        "63edb9c193d76d1c357f88121cb2d2cb00a22b23740eeb7042ae03f27a1a405de8ff983d2916a7b5690097f2"
        "384094c751a368415d43d30fbb356143217d7dbc6c585fd23b7f595ac802d097bb72ed1282d021ef755ff9f3"
        "fad22d9df62eda485f935cbcd8601f94b59e0935fae7c5d7bfd139e67e402da156277c5531d7e66b",
    ),
    2048: (
        "b6a202cc5cc504aa2def070e8c7f7c8cc0b2e00e23b124bf8b924ef5cbc195974f647b997c1d899b99a40fc3"
        "f9584c02309daf265069d93738481ea703133885269cf2306ffeeb46bee2941134b3c454427797d2ef0b99bd"
        "addbaef96e3fe9579c0b537d7db62cf575feeb2899dec6f5f686c49ee7dc11d4e91a48a74eaa58b5",
        "fdb56fa9aba730bb2523e8886bc38f3ffc4470f8fcec3c8da0aed4f7716b8c09bd23edbb0235b81558f89ab5"
        "6f825a7811f234cddbc470c857112d73252b1fe02b5fc5a2df1be68ccffc8fd27b73295537220d46b9ce4938"
        "b64e16490afbfb2b6d9f1fad916425994da8b6b94ff4369563cd174f2224420fb8c2bf248de83935",
    ),
    2049: (
        "01fd21b356af9037c0203b96c84e78a28c4723174a82bb2894770174f55c2aeb7ee9bfd743dd3ff05602afb6"
        "0997cb5ffc49959a5abd04b3e64b8a69c0d329910780cbfad24c30c3bb5fc82826642af3e012fb23386c1c00"
        "9f4fa527afa3c32abf2c93c442d720a69e309989e45a986a3bc72b79f463ad2665ae9f0ae82dd4a075",
        "9b806e36da6ce1927e20192f26cc7d01457e988a1a1b9919cd34f09f11e71031b9b83d94ba6303ed478f3dc0"
        "11fd1f9481026423c98c71835cf86ba941798757a6b221149f6689e4bf0edd48402bb0c457234782c17f89b2"
        "3f4485bae4b07db97c6d8a9e7e97e1475c010fbfe8157d1f3d346c90ade7b8eac154e8c7e6ebfd51",
    ),
    2055: (
        "0ddc32109794f28608b73d95309595cab284519b2dc6a6836569d17b89405ddf227d5dc8579759c6dad3bea6"
        "503a16214a8dacdef041cf7c94c34ce17141ec33d687e5bf90c157602e1964277b99e76b445b0475bdfcf0df"
        "63fabe0db9e62abc9371ec1dc174632a9156a26aff532d4cd515602222ba88ad62f09dff122c11351d",
        "04db7ca0ef34d5cff239f3295839280946ec2cc6485f2b9695e3807d126bcb116b120242c0645b48cb5e96cf"
        "fe839fc22842f9b9e27d22388e3479a08b5e8a5041a7e9b7831c10f5353c60e551693d42c01b40590677fe9a"
        "a83d5042089c071ece029dff1b21f32af518079bf4e57eb1248b099534840afaa40f2b4eb90ab497c1",
    ),
    3072: (
        "edc40c8b1a6a4dfffde12ed4f2c3b609b914f227e1f240122dd67a1495ec12164f482e500505ebdaf88f1049"
        "ca7f5b036afe94c428acc5f2377a1906330475dba100cc59d64159a02424a82d627317e9b03a481abc1bfa05"
        "bb5595ee14257177321de80b4a6b105129c2ab6bed1682c8a92b0077921b22da740c0383f688eab451d68ddd"
        "248039a2789bf58ce14cbb419f861f9860e91c008fb995f5f691e9a4bea1193ebb5367660d04746913e39fd0"
        "f56f61b1628fef86d4fa854c3772bff9",
        "f68ee69af8e3095617886bd5c6f7690467cfb096144027f13e421eb241d8f6a45c4a55bb13816a2547696d17"
        "6be63834cbe51888201c603fcf8607e77a7406d95ae00d874af4727bf88bb8d3d7388746cf9e149350d5c52e"
        "2f2c7a3ad3e1067ae0baf1261363bcc80f27ff2192837cfa11c0d91c20a66cb2fe653ad8a104817e767348f3"
        "54bdb31e87c0d356d381bf8110f9a99a327e6d56c1354621ee039b8b4a179160c03f189eb20072fcb3f5a9b5"
        "8e88d7cb139995a06b1d6c9dfbc25947",
    ),
    4096: (
        "c4b6b443ad1a04093dbaef48d06cd9ba93d13eac49cf25c6252eeedfacc460a62d6111d5fc47a3c1cf16cd33"
        "c93335bdb6e40fa31346e45bbf0cce9c61a2ed8c164ee9066a9de0339e88c0da1370148e4f5432d8c7e813fb"
        "211367992bbedb3aa7930048c8a3e2fdbf1d882b4996234116b174eb6d595579ebed72f8ae6a1410092929c9"
        "8121dc2d05e3f23c8e6b54bbdf05f83922c69ab9dbab037e48ae47fb25bd34d8fcbd498ed7bed486719a4667"
        "86b2d4ebcf528c4953d77d92ee8d75880b5c5558918e95f751deaee46aa5e258c888750199237cbe9331c02a"
        "e234849b55f6d96d4f06f8b59fefcbffdbf14f499039118a73ecfc37bc2295a78ef8de0b",
        "cfe0befd060cd8e94c8c06750cf8a4c26b53559dc9baa96e9fab015aa4d959651be9dff31e41f315657cfd4b"
        "d5276b80e5c9826a3c19ed4b34f59f10a99e9e950a135288d9750e8e571eae22f4e3d59b1dc167145448dc6b"
        "14aee6efc60b93ae6df475edea7ff2e71b1261908d7f5ced828dc67669342032f71a8318ce62578e089662e6"
        "80e85aadaf775361f22d77d62127266805112748ca5cf5ff5f404ad3d964cb1b61e976a38d16d7452967e392"
        "60044ccc22a4068db7662a88ea2a66ace7db198cd804eb5d62c30443049b2bc542f68f3da666bf7b1dce238a"
        "48321fbc53a80cd75cf9b70003229c6d24c1ac7a70f89590f2d90754d044a270e6fe304b",
    ),
    4104: (
        "0b86db5f2d781bd0e5204777787906e7299b21658c6bebfa95948e9b2c47d50ea6f897fb7a012ad5532abf01"
        "d321666995751d70c1cbd544b4a83578ba0dd668000dd3cf5e184c3464f9c03b1fb5b7090f3a78d0e4980a99"
        "db25b5976883e0259a07860fc6205085616dad2c20666a522affa96258827f5211c1f66fa567568442ecbb95"
        "4794bf43c1fc300ab955458537048f4686c8534110ffab21575a1de7c3349db53654a0472792406bffb147e5"
        "0fdc456980ae35baeacab9204fd3b5b92b0d9a12d85a40ca74d3b4386805ab90a94b4032b3aebb6d8e3c7947"
        "b85416705181bb3c7938cd5fd4f5c31f6901e50b7d47e9f92519a30b08547e4001d8fbac9b",
        "0d099cc964b48687578d259443cda33467d321b2123a48e09518febe94383346b02f38de226cc74ee35e31a2"
        "e08e7ff0fe4c4e8fa785305483154ee56c130a14b32d68a33a73fe10a29ec58c94682a2391e826379b295a09"
        "961840f3d5ec476e362793c243596f16428c6e92639b382413ad9617f7b85d71fe533397a2ef27de91e3ab8a"
        "37cbe3fc3c68e6d0c810dc120a6438eb801599d90abb5fa4c691ddbf1d869c279408865e45f44b756ddbecf9"
        "68fe162b65834e156f5e3293a48bf2ac7e2b33e51107e883aae767108c8430c27b8d70c0833f5d30b6c03154"
        "e15ee93d28c79ca81efc63c13de9906255c05ff107d86ebfc356efcf069bec35be788993a9",
    ),
}
_private = {}  # what was worked out once
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def primes(bits: int):
    p, q = _PRIMES[bits]
    return int(p, 16), int(q, 16)


def modulus(bits: int) -> bytes:
    p, q = primes(bits)
    return (p * q).to_bytes((bits + 7) // 8, "big")


def raw_sign(bits: int, message: int, exponent: int = E65537) -> bytes:
    """message to the power of the private exponent."""
    p, q = primes(bits)
    if (bits, exponent) not in _private:
        d = inverse(exponent, (p - 1) * (q - 1))
        _private[bits, exponent] = d % (p - 1), d % (q - 1), inverse(q, p)
    d_p, d_q, q_inverse = _private[bits, exponent]
    # By the Chinese remainder theorem.
    of_p, of_q = pow(message, d_p, p), pow(message, d_q, q)
    return (of_q + q * ((of_p - of_q) * q_inverse % p)).to_bytes((bits + 7) // 8, "big")


def padded_pkcs1(bits: int, digest: bytes, prefix: bytes = PREFIX) -> bytes:
    size = (bits + 7) // 8
    return b"\0\1" + b"\xff" * (size - 3 - len(prefix + digest)) + b"\0" + prefix + digest


def sign_pkcs1(bits: int, digest: bytes, exponent: int = E65537) -> bytes:
    return raw_sign(bits, int.from_bytes(padded_pkcs1(bits, digest), "big"), exponent)


def padded_pss(bits: int, digest: bytes, salt: bytes, trailer=b"\xbc", mark=b"\1", top=0, junk=0):
    """top, junk: what is set in the bits before the block, and in its zeros."""
    em_bits = bits - 1
    size = (em_bits + 7) // 8
    proof = sha256(bytes(8) + digest + salt).digest()
    block = bytes(size - 34 - len(salt)) + mark + salt
    if junk:
        block = bytes((junk,)) + block[1:]
    mask = b""
    count = 0
    while len(mask) < len(block):
        mask += sha256(proof + count.to_bytes(4, "big")).digest()
        count += 1
    masked = bytearray(a ^ b for a, b in zip(block, mask))  # noqa: B905 - MicroPython
    masked[0] &= 0xFF >> (8 * size - em_bits)
    masked[0] |= top
    return bytes(masked) + proof + trailer


def sign_pss(bits: int, digest: bytes, salt: bytes, exponent: int = E65537, **wrong) -> bytes:
    block = padded_pss(bits, digest, salt, **wrong)
    return raw_sign(bits, int.from_bytes(block, "big"), exponent)


def inverse(a: int, n: int) -> int:
    """1 / a modulo n, by Euclid."""
    b, x, y, m = n, 1, 0, n
    while a:
        q = b // a
        a, b, x, y = b % a, a, y - q * x, x
    return y % m
