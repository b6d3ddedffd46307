# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""A whole `cordon serve` to be measured: a made-up theft in its ledger, alerts, cases and withdrawals, and a watch that replays a chain
in its own time, so that alerts are detected, stored and published as they would be of a node. All of it in one folder, on loopback; it
ends with us, whatever becomes of us.
"""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

from quality_lib import program

from .rows import Row

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT / "tests" / "console"))
import server as served  # noqa: E402

FIRST_PORT, LAST_PORT = 18_720, 18_759
ROLES = ("analyst", "operator")
WITHDRAWALS, CASES = 40, 5
# Limits as a NOC would set them, above what is measured: the load is one caller.
CONFIG = """version: 1
name: Benchmark
data: data
listen: 127.0.0.1:{port}
limits: {{requests_per_second: 20000, burst: 40000, connections: 4000, streams: 20000}}
guard: {{policy: policy.yaml}}
"""
WATCH = """watch:
  sources: ["transfers:flood/transfers.csv"]
  config: flood/watch.yaml
  rules: [flood/rules.yaml]
  speed: 1
  simulated: true
"""
POLICY = """version: 1
name: bench
default: hold
checks: {feed: off, screening: off}
rules:
  - {id: small, when: "amount <= 10", then: allow}
"""


def load_of_machine(bench, when):
    """Said beside figures of wall clock: what else ran. One a processor is one that is busy."""
    return Row(bench, f"load average of the machine, {when}, of {os.cpu_count()} processors", os.getloadavg()[0], "")


class House:
    """What runs, and where in it something is to be asked."""

    def __init__(self, folder, server, trace, node, txn):
        self.folder, self.server, self.trace, self.node, self.txn = folder, server, trace, node, txn
        self.url, self.pid = server.origin, server.process.pid

    @property
    def header(self):
        return "Authorization: " + self.server.as_token(*ROLES)["Authorization"]

    def ask(self, method, path, body=None):
        answer = self.server.ask(method, path, body, self.server.as_token(*ROLES))
        if answer.status >= 300:
            raise program.CommandFailed(f"{method} {path}: {answer.status} {answer.text[:300]}")
        return answer.json["data"]

    def alerts(self):
        """How many are open, as the server counts them."""
        return sum(self.ask("GET", "/api/watch")["open"].values())

    def entry(self):
        """A link that signs a browser in once."""
        return self.server.process.stdout.readline().strip()

    def reads(self):
        """What a console asks for again and again, one path each. Five lists, two documents of a trace, four look-ups."""
        alert = self.ask("GET", "/api/alerts?limit=1")["items"]
        case = self.ask("GET", "/api/cases")["items"][0]["id"]
        paths = ["/api/alerts?limit=50", "/api/incidents?limit=50", "/api/watch", "/api/cases", "/api/guard/withdrawals?state=waiting",
                 f"/api/traces/{self.trace}/summary", f"/api/traces/{self.trace}/layout?mode=stolen&axis=hop&width=1440&height=810",
                 f"/api/addresses/{self.node}?chain=eth", f"/api/txns/{self.txn}?chain=eth", f"/api/search?q={self.node[:12]}",
                 f"/api/cases/{case}"]
        return paths + [f"/api/alerts/{alert[0]['id']}" for _ in alert]


def made(folder, payments, rate, seconds):
    """The files of a house: a theft of so many payments, and so many alerts a second, for so long."""
    case = folder / "theft"
    subprocess.run(["node", PROJECT / "bench/console/theft.mjs", str(payments), case], check=True)
    program.cordon("ingest", "--ledger", folder / "data" / "ledger",
                   *(f"{schema}:{case / schema}.csv" for schema in ("assets", "prices", "labels", "transfers")), "-q")
    if rate:
        subprocess.run([sys.executable, PROJECT / "bench/console/flood.py", str(rate), str(seconds), folder / "flood"], check=True)
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    config = folder / "serve.yaml"
    config.write_text(CONFIG.format(port=served.free_port(FIRST_PORT, LAST_PORT)) + (WATCH if rate else ""), encoding="utf-8")
    return config


@contextlib.contextmanager
def running(folder, payments, rate, seconds):
    """A House. The watch begins at once: what has `seconds` is over that much later."""
    folder = pathlib.Path(folder)
    config = made(folder, payments, rate, seconds)
    # A kill of ours takes it along, and it keeps its pid.
    server = served.Server(str(program.find("cordon")), folder / "data", ["--config", str(config), "--open"],
                           before=("setpriv", "--pdeathsig", "KILL"))
    with server:
        seed = (folder / "theft" / "seed").read_text(encoding="utf-8").strip()
        house = House(folder, server, None, None, seed.split(":")[1])
        house.trace = traced(house, seed)
        result = house.ask("GET", f"/api/traces/{house.trace}/summary")
        house.movements = house.ask("GET", f"/api/traces/{house.trace}")["edges"]
        house.node = payee(folder)
        house.loot = result["loot"]
        for number in range(CASES):
            house.ask("POST", "/api/cases", {"title": f"Benchmark {number}", "items": [{"kind": "trace", "ref": house.trace}]})
        for number in range(WITHDRAWALS):
            house.ask("POST", "/api/guard/withdrawals",
                      {"id": f"wd-{number}", "chain": "eth", "asset": "native", "from": house.node, "to": "0x" + f"{number + 1:040x}",
                       "amount": "1000000000000000000", "requester": "-".join(ROLES), "time": "2026-01-01T00:00:00Z"})
        yield house


def traced(house, seed, longest=300):
    job = house.ask("POST", "/api/traces", {"seeds": seed, "policy": "haircut"})
    end = time.monotonic() + longest
    while job["state"] in ("waiting", "running"):
        if time.monotonic() > end:
            raise program.CommandFailed(f"the trace took more than {longest} s")
        time.sleep(0.1)
        job = house.ask("GET", f"/api/traces/{job['id']}")
    if job["state"] != "done":
        raise program.CommandFailed(json.dumps(job))
    return job["id"]


def payee(folder):
    """The thief's first address: row 3 of the made-up theft is what was stolen."""
    with open(folder / "theft" / "transfers.csv", encoding="utf-8") as file:
        header, *_ = [next(file) for _ in range(3)]
        return dict(zip(header.strip().split(","), next(file).strip().split(",")))["to"]
