#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Asks a server what nobody asks: schemathesis on its own OpenAPI document, for a bounded time.

usage: api_fuzz.py --url URL --token TOKEN [--seconds N]

The document must be valid OpenAPI 3.1; no answer may be a 5xx, or of another form than the document says. Skipped, and
said, where schemathesis or openapi-spec-validator (PyPI) are not installed. Only against a server of a test: it changes
whatever the token may. Exit code: 0 when all checks passed or were skipped, 1 otherwise, 2 on wrong usage.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def tool(name):
    beside = pathlib.Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def run(name, command, seconds):
    """Whether it passed. Its own bound of time is the tool's; ours is for a tool that hangs."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    if done.returncode != 0:
        print(f"{name}: failed\n{done.stdout[-8000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()

    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as folder:
        document = pathlib.Path(folder) / "openapi.json"
        with urllib.request.urlopen(f"{args.url}/api/openapi.json", timeout=10) as answer:
            document.write_bytes(answer.read())
        for name, command in (
            ("openapi-spec-validator", [str(document)]),
            ("schemathesis", ["run", str(document), "--url", args.url, "-H", f"Authorization: Bearer {args.token}",
                              "--checks", CHECKS, "--max-time", str(args.seconds), "--mode", "all",
                              # It would wait for the end of a stream that has none.
                              "--exclude-operation-id", "listenEvents"]),
        ):
            program = tool(name)
            if program is None:
                print(f"{name}: not installed, skipped")
                skipped += 1
            elif run(name, [program, *command], args.seconds):
                passed += 1
            else:
                failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
