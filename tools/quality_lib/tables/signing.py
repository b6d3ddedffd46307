# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What is signed: by keys (signing_keys), by people (signing_people), and how it travels by QR codes (ur_vectors)."""
from .. import ur_vectors, vectors
from . import signing_keys, signing_people

NAME = "signing"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no custody set of signatures with their private keys, and none of URs")


def rows():
    yield from signing_keys.rows()
    yield from signing_people.rows(NAME)
    yield from ur_vectors.rows(NAME)
