#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Looks at pages and pictures as a reader sees them.

usage: shoot.py OUT_DIR FILE.svg|FILE.html ... [--width N] [--print]

Each file is rendered by Debian's Chromium, without network, as a light and a dark PNG (files whose name ends in
-light or -dark once). An SVG must be well-formed XML; of an HTML page, with --print, a PDF is printed and its pages
are counted. Prints one line a file. Exit 0 all rendered, 1 something is wrong, 2 usage, 4 no Chromium.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
MAX_HEIGHT = 12000  # A screenshot higher than this is cut: it would be larger than anybody looks at.


def run_browser(browser, arguments):
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run([browser, *FLAGS, f"--user-data-dir={profile}", *arguments], check=True, timeout=180,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def svg_size(path):
    root = ElementTree.parse(path).getroot()
    if not root.tag.endswith("svg"):
        raise ValueError("the root element is " + root.tag)
    names = [e.tag for e in root.iter() if e.tag.rsplit("}", 1)[-1] in ("script", "foreignObject", "image")]
    if names:
        raise ValueError(f"an SVG of a report must not hold {names}")
    _, _, width, height = (float(v) for v in root.attrib["viewBox"].split())
    return int(width), int(height)


def pdf_pages(path):
    return len(re.findall(rb"/Type\s*/Page[^s]", path.read_bytes()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=2400)
    parser.add_argument("--print", action="store_true", dest="print_pdf")
    options = parser.parse_args()
    browser = shutil.which("chromium")
    if not browser:
        print("shoot.py: chromium is not installed (apt-get install chromium)", file=sys.stderr)
        return 4
    options.out.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for file in options.files:
        try:
            width, height = svg_size(file) if file.suffix == ".svg" else (options.width, options.height)
        except (ValueError, KeyError, ElementTree.ParseError) as error:
            print(f"{file}: not well-formed: {error}")
            wrong += 1
            continue
        themes = ["dark"] if file.stem.endswith("-dark") else ["light"] if file.stem.endswith("-light") else ["light", "dark"]
        for theme in themes:
            stem = file.stem if file.stem.endswith(theme) else f"{file.stem}-{theme}"
            picture = options.out / (stem + ".png")
            arguments = [f"--window-size={width},{min(height, MAX_HEIGHT)}", f"--screenshot={picture.resolve()}"]
            if theme == "dark":
                arguments.append("--blink-settings=preferredColorScheme=0")
            else:
                arguments.append("--blink-settings=preferredColorScheme=1")
            run_browser(browser, [*arguments, file.resolve().as_uri()])
            print(f"{picture}: {width}x{height}")
        if options.print_pdf and file.suffix == ".html":
            pdf = options.out / (file.stem + ".pdf")
            run_browser(browser, ["--no-pdf-header-footer", f"--print-to-pdf={pdf.resolve()}", file.resolve().as_uri()])
            pages = pdf_pages(pdf)
            print(f"{pdf}: {pages} pages")
            wrong += pages == 0
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
