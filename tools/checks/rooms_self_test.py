# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Feeds tools/check_rooms trees with one wrong arrow each and expects exactly that finding."""
import pathlib
import tempfile

GOOD = {
    "src/base/CMakeLists.txt": "room(base)",
    "src/base/README.md": "# base",
    "src/base/bytes.hpp": "#pragma once\n#include <vector>\n",
    "src/model/CMakeLists.txt": "# room(model DEPENDS guard) is a comment\nroom(model DEPENDS base)",
    "src/model/README.md": "# model",
    "src/model/block.hpp": "#pragma once\n#include <cordon/base/bytes.hpp>\n",
    "src/ledger/CMakeLists.txt": "room(ledger DEPENDS base model)",
    "src/ledger/README.md": "# ledger",
    "src/ledger/ledger.hpp": "#pragma once\n#include <cordon/model/block.hpp>\n",
    "src/trace/CMakeLists.txt": "room(trace DEPENDS base model ledger)",
    "src/trace/README.md": "# trace",
    "src/trace/trace.hpp": "#pragma once\n#include <cordon/ledger/ledger.hpp>\n",
    "src/trace/trace.cpp": '#include "trace.hpp"\n\n#include <algorithm>\n',
    "src/report/CMakeLists.txt": "room(report DEPENDS base model trace)",
    "src/report/README.md": "# report",
    "src/report/case.hpp": "#pragma once\n",
    "src/records/CMakeLists.txt": "room(records DEPENDS base model)",
    "src/records/README.md": "# records",
    "src/records/store.hpp": "#pragma once\n",
    "tests/support/build.hpp": "#pragma once\n#include <cordon/model/block.hpp>\n",
}

# (what it shows, files over GOOD; None removes one, the finding)
BAD = [
    ("an arrow that points up", {"src/trace/x.cpp": "\n\n#include <cordon/report/case.hpp>\n"},
     "src/trace/x.cpp:3: trace must not include report (floor 4 -> floor 6)"),
    ("an arrow along a floor", {"src/ledger/x.cpp": "#include <cordon/records/store.hpp>\n"},
     "src/ledger/x.cpp:1: ledger must not include records (floor 3 -> floor 3)"
     " (one floor: they meet in model and are joined in engine)"),
    ("an arrow down that the table does not have", {"src/report/CMakeLists.txt": "room(report DEPENDS base net)"},
     "src/report/CMakeLists.txt:1: report must not depend on net (floor 6 -> floor 2)"),
    ("an arrow declared upwards", {"src/model/CMakeLists.txt": "\nroom(model DEPENDS base\n  trace)"},
     "src/model/CMakeLists.txt:2: model must not depend on trace (floor 1 -> floor 4)"),
    ("an include that is allowed but not declared", {"src/report/x.cpp": "#include <cordon/ledger/ledger.hpp>\n"},
     "src/report/x.cpp:1: report includes ledger but does not declare it in src/report/CMakeLists.txt"),
    ("a relative way out of the room", {"src/trace/x.cpp": '#include "../report/case.hpp"\n'},
     'src/trace/x.cpp:1: "../report/case.hpp" leaves the room trace; other rooms are <cordon/ROOM/x.hpp>'),
    ("a header that is not there", {"src/trace/x.cpp": "#include <cordon/model/gone.hpp>\n"},
     "src/trace/x.cpp:1: <cordon/model/gone.hpp> does not exist"),
    ("a room that is not there", {"src/trace/x.cpp": "#include <cordon/attic/x.hpp>\n"},
     "src/trace/x.cpp:1: <cordon/attic/x.hpp> names the room attic, which does not exist"),
    ("a folder that is no room", {"src/attic/x.cpp": "\n"},
     "src/attic:0: attic is not a room of tools/checks/rooms.py; add it there with its floor"),
    ("a room without a page", {"src/trace/README.md": None},
     "src/trace/README.md:0: the room trace has no page of its own"),
    ("a socket outside net", {"src/trace/x.cpp": "#include <sys/socket.h>\n"},
     "src/trace/x.cpp:1: trace must not reach the network (<sys/socket.h>): that is for net, server"),
    ("keys with a network", {"src/vault/CMakeLists.txt": "room(vault DEPENDS base)", "src/vault/README.md": "#",
                             "src/vault/x.cpp": "#include <boost/beast/http.hpp>\n"},
     "src/vault/x.cpp:1: vault must not reach the network (<boost/beast/http.hpp>): that is for net, server"),
    ("keys in a test program", {"src/vault/CMakeLists.txt": "room(vault DEPENDS base)", "src/vault/README.md": "#",
                                "src/vault/key.hpp": "\n", "bench/x.cpp": "#include <cordon/vault/key.hpp>\n"},
     "bench/x.cpp:1: vault is for the offline signer alone"),
    ("a wrapped part named directly", {"src/trace/x.cpp": "#include <fmt/format.h>\n"},
     "src/trace/x.cpp:1: <fmt/format.h> is for src/base/format.hpp alone; include that header"),
    ("a heavy header in a header", {"src/model/x.hpp": "#include <simdjson.h>\n"},
     "src/model/x.hpp:1: <simdjson.h> is slow to parse and must stay in .cpp files"),
    ("a room under a wrong name", {"src/trace/CMakeLists.txt": "room(tracing DEPENDS base model ledger)"},
     "src/trace/CMakeLists.txt:1: room(tracing) in the folder of trace: name and folder must be the same"),
]


def findings_of(checker_class, changes):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**GOOD, **changes}.items():
            if text is None:
                continue
            path = pathlib.Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return checker_class(root).run()


def main(checker_class):
    passed = failed = 0
    for title, changes, expected in [("a tree without fault", {}, None)] + BAD:
        found = findings_of(checker_class, changes)
        wanted = [] if expected is None else [expected]
        if found == wanted:
            passed += 1
        else:
            failed += 1
            print(f"{title}: expected {wanted}, found {found}")
    if findings_of(checker_class, {"src/trace/x_test.cpp": '#include "build.hpp"\n'}):
        failed += 1
        print("tests/support: expected tests of a room to see it")
    else:
        passed += 1
    # What a test alone declares is for tests alone.
    declared = {"src/trace/CMakeLists.txt": "room(trace DEPENDS base model ledger TEST_DEPENDS records)"}
    store = "#include <cordon/records/store.hpp>\n"
    if findings_of(checker_class, {**declared, "src/trace/x_test.cpp": store}) or not findings_of(
            checker_class, {**declared, "src/trace/x.cpp": store}):
        failed += 1
        print("TEST_DEPENDS: expected it to open the room to tests and to nothing else")
    else:
        passed += 1
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0
