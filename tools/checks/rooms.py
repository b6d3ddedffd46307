# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The rooms as data: who stands on which floor, who may include whom, and what each must never touch."""

FLOORS = {
    "base": 0,
    "crypto": 1, "model": 1,
    "chain": 2, "net": 2,
    "feed": 3, "ledger": 3, "records": 3,
    "trace": 4, "tlog": 4,
    "patterns": 5, "screen": 5, "wallet": 5, "explain": 5,
    "detect": 6, "guard": 6, "intel": 6, "report": 6, "social": 6, "audit": 6,
    "engine": 7, "heists": 7,
    "server": 8,
    "cli": 9,
    "app": 10,
}
# Stand beside the floors: linked into the offline signers only.
APART = {"vault", "hsm", "signer_app"}
PROGRAMS = {"app", "signer_app"}


def _up_to(floor):
    return {room for room, level in FLOORS.items() if level <= floor}


def _words(text):
    return set(text.split())


# Besides std and the room itself.
ALLOWED = {
    "base": set(),
    "crypto": _words("base"),
    "model": _words("base"),
    "chain": _words("base crypto model"),
    "net": _words("base"),
    "feed": _words("base crypto model chain net"),
    "ledger": _words("base model"),
    "records": _words("base model"),
    "trace": _words("base model ledger"),
    "tlog": _words("base crypto model"),
    "patterns": _words("base crypto model chain ledger trace"),
    "screen": _words("base model ledger records trace"),
    "wallet": _words("base crypto model chain"),
    "explain": _words("base crypto model chain"),
    "detect": _words("base crypto model chain ledger records trace patterns screen explain"),
    "guard": _words("base crypto model chain ledger records trace screen tlog explain wallet"),
    "intel": _words("base crypto model records tlog"),
    "report": _words("base crypto model chain ledger records trace tlog"),
    "social": _words("base model records screen"),
    "audit": _words("base crypto model chain ledger records tlog explain wallet"),
    "heists": _words("base crypto model chain records screen wallet explain detect guard"),
    "engine": _up_to(6),
    "server": _up_to(7),
    "cli": _up_to(8),
    "app": _up_to(9),
    "vault": _words("base crypto model chain wallet explain"),
    "hsm": _words("base crypto model chain wallet explain vault"),
    "signer_app": _words("base crypto model chain wallet explain vault hsm"),
}

# Headers that open the network, by their beginnings. Only these rooms may name them.
NETWORK_HEADERS = (
    "sys/socket.h", "netinet/", "arpa/inet.h", "netdb.h", "sys/un.h", "curl/", "zmq", "librdkafka/", "libpq-fe.h",
    "boost/asio", "boost/beast", "openssl/ssl.h", "openssl/bio.h",
)
NETWORK_ROOMS = {"net", "server"}

# Parts that stand behind one header of ours, so that changing them is one change.
WRAPPED_HEADERS = {
    "tl/expected.hpp": "src/base/result.hpp",
    "fmt/": "src/base/format.hpp",
}
# Where a wrapped library is compiled from its headers, since the static signer has no archive of it.
MAKES = {"fmt/": "src/signer_app/fmt_static.cpp"}

# Seconds of front end each: never in a header that others read.
HEAVY_HEADERS = ("CLI/", "spdlog/", "boost/beast", "boost/multiprecision", "simdjson")


def floor_of(room):
    return "apart" if room in APART else f"floor {FLOORS[room]}"
