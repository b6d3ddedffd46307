#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Asks a server what nobody asks: schemathesis on its own OpenAPI document, for a bounded time.

usage: api_fuzz.py --cordon PATH [--seconds N] [--examples N]
       api_fuzz.py --parts    gets schemathesis from PyPI, pinned, into out/; exit code 1: it cannot be had

Starts `cordon serve` over the bundled case and asks as a program with several roles, as an admin, and as a person with a
session. The document must be valid OpenAPI 3.1; no answer may be a 5xx, of a status that nobody documents, or of another form
than the document says. Whatever no schema describes well (all of JSON, whole numbers without an end, names twice) is sent by
hand to every call with a body. Skipped, and said, without schemathesis. Exit code: 0 when all checks passed or were skipped,
1 otherwise, 2 on wrong usage.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from server import Counted, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / "out" / "test" / "schemathesis"
PARTS = ("schemathesis==4.32.5", "openapi-spec-validator==0.9.0")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# docs/formats/api.md and RFC 9110; the document itself says "default" for all of them.
STATUSES = {200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 409, 413, 415, 421, 422, 429, 503}
# It would wait for the end of a stream that has none; and it would end the session that asks.
LEFT_OUT = ("listenEvents", "logOut")
BODIES = ("", "null", "true", "0", "-1", '""', "[]", "{}", "[[[[[[]]]]]]", "{" * 60, "[" * 5000, '{"a":1,"a":2}', "\x00", "{}{}", '{"":""}',
          '{"why":"a","why":"b"}', '{"id":1e999}', '{"items":9999999999999999999999}', '{"seeds":"\\ud800"}', '{"name":"\\u0000"}',
          '{"ids":' + "[" + '"x",' * 3000 + '"x"]}', "\ufeff{}", '{"__proto__":{}}', "NaN", "{'a':1}", '{"a":1,}')


def tool(name):
    """Of our own parts, else of the machine's."""
    for beside in (VENV / "bin" / name, pathlib.Path(sys.executable).parent / name):
        if beside.exists():
            return str(beside)
    return shutil.which(name)


def get_parts():
    if all(tool(part.split("==")[0]) for part in PARTS):
        return 0
    try:
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True, timeout=120)
        subprocess.run([VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *PARTS], check=True, timeout=400)
    except (OSError, subprocess.SubprocessError) as error:
        print(error)
        return 1
    return 0


class Fuzz(Counted):
    def __init__(self, server, folder):
        super().__init__()
        self.server, self.folder, self.skipped = server, folder, 0
        self.document = server.ask("GET", "/api/openapi.json").json

    def run(self, name, arguments, seconds):
        """Its own bound of time is the tool's; ours is for a tool that hangs: then nothing was shown, which is no success."""
        program = tool(name)
        if program is None:
            print(f"{name}: not installed, skipped")
            self.skipped += 1
            return
        try:
            done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=seconds * 2 + 120, check=False,
                                  cwd=self.folder)  # It keeps notes where it runs.
        except subprocess.TimeoutExpired:
            self.that(False, f"{name} {arguments[-1]}: no end within {seconds * 2 + 120} s")
            return
        told = re.findall(r"(?m)^ *(?:Tested|Selected): *\S+|^ *\d+ generated.*", done.stdout)
        print(f"{name}: {'; '.join(each.strip() for each in told) or 'done'}", flush=True)
        if done.returncode != 0:
            print(done.stdout[-8000:] + done.stderr[-2000:])
        self.that(done.returncode == 0, f"{name}: exit code {done.returncode}")
        if name == "schemathesis":
            tested = re.search(r"Tested: *(\d+)", done.stdout)
            self.that(tested and int(tested[1]) > 0, f"{name}: no call was tested within {seconds} s: give it more")

    def by_hand(self, headers):
        """Every call with a body, with bodies that no schema makes."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if "requestBody" not in operation or operation["operationId"] in (*LEFT_OUT, "logIn"):
                    continue
                for body in BODIES:
                    for _ in range(50):
                        answer = self.server.ask(method.upper(), re.sub(r"\{[^}]*\}", "x", path),
                                                 body.encode("utf-8", "surrogatepass"), headers)
                        if answer.status != 429:
                            break
                        time.sleep(0.1)
                    name = f"{method.upper()} {path} with {body[:40]!r}"
                    self.that(answer.status in STATUSES and answer.status != 503, f"{name}: {answer.status} {answer.text[:200]}")
                    if answer.status >= 400:
                        self.that(answer.headers.get("content-type", "").startswith("application/problem+json") and
                                  {"status", "title", "code", "detail"} <= set(answer.json), f"{name}: {answer.text[:200]}")
                    if "twice" in answer.text or '"a":1,"a":2' in body or '"why":"a","why":"b"' in body:
                        self.that(answer.status in (400, 403), f"{name}: says two things: {answer.status}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--cordon")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--examples", type=int, default=10)
    args = parser.parse_args()
    if args.parts:
        return get_parts()
    cordon = shutil.which(args.cordon or "")
    if cordon is None:
        parser.error("--cordon must name a program that runs")

    with tempfile.TemporaryDirectory(prefix="cordon-api-fuzz-") as folder:
        folder = pathlib.Path(folder)
        with Server.over_case(cordon, folder / "data") as server:
            fuzz = Fuzz(server, folder)
            document = folder / "openapi.json"
            document.write_text(json.dumps(fuzz.document))
            fuzz.run("openapi-spec-validator", [str(document)], 60)
            askers = (server.as_token("analyst", "operator", "approver"), server.as_token("admin"), server.as_session("analyst"))
            for headers in askers:
                fuzz.by_hand(headers)
            for headers in askers:
                # Of one caller a hundred a second: more would only be told so. Examples are few and of every call, since
                # what is made for one alone can take all of the time.
                fuzz.run("schemathesis", ["run", str(document), "--url", server.origin, "--checks", CHECKS, "--phases", "fuzzing",
                                          "--mode", "all", "--max-examples", str(args.examples), "--rate-limit", "80/s",
                                          "--continue-on-failure", "--max-time", str(args.seconds // len(askers)), "--no-color",
                                          *[word for name in LEFT_OUT for word in ("--exclude-operation-id", name)],
                                          *[word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]],
                         args.seconds // len(askers))
            fuzz.that(server.process.poll() is None, "the server runs to the end")
    print(f"{fuzz.passed} passed, {fuzz.failed} failed, {fuzz.skipped} skipped")
    return 1 if fuzz.failed else 0


if __name__ == "__main__":
    sys.exit(main())
