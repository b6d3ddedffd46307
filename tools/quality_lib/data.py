# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Where real data lies and how its files are opened. Nothing here knows what is in them."""
import bz2
import gzip
import io
import json
import lzma
import os
import pathlib
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent


class Missing(Exception):
    """A set, tool or program that a table needs is not there: the table is skipped, by name."""


def data_dir():
    path = pathlib.Path(os.environ.get("CORDON_DATA") or PROJECT / ".." / "shared" / "data").resolve()
    if not path.is_dir():
        raise Missing(f"no real data at {path}; set CORDON_DATA")
    return path


def tools_dir():
    path = pathlib.Path(os.environ.get("CORDON_TOOLS") or data_dir().parent / "tools").resolve()
    if not path.is_dir():
        raise Missing(f"no case tools at {path}; set CORDON_TOOLS")
    return path


def read_bytes(path):
    """The content of a file, decompressed by the end of its name."""
    suffix = pathlib.Path(path).suffix
    if suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", str(path)], check=True, stdout=subprocess.PIPE).stdout
    opener = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}.get(suffix, open)
    with opener(path, "rb") as file:
        return file.read()


def read_json(path):
    return json.loads(read_bytes(path))


def read_json_lines(path):
    with io.BytesIO(read_bytes(path)) as text:
        return [json.loads(line) for line in text if line.strip()]


def find(pattern):
    """Files or folders below the data folder, in order."""
    return sorted(data_dir().glob(pattern))


def name_of(path):
    """How a set is called in a row: its path below the data folder."""
    return pathlib.Path(path).relative_to(data_dir()).as_posix()
