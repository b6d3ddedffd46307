# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Bad labels:, assets:, prices: and wallets: files, and good chain data beside them."""
from tests.cli.support import CliTest, address, row, transfers

LABELS = "address,label,category,source,confidence"
TOKEN = address("token")


class BadSideFiles(CliTest):
    def setUp(self):
        super().setUp()
        self.base()

    def refuses_line(self, schema, header, good, bad):
        path = self.file(f"bad-{schema}.csv", f"{header}\n{good}\n{bad}\n")
        chain = self.file("fresh.csv", transfers(row(300, 9)))
        self.refuses(f"{schema}:{path}", says=(rf"bad-{schema}\.csv:3", r"\[[a-z-]+\]"), extra=(f"transfers:{chain}",))

    def test_labels(self):
        good = f"{address(1)},Good,exchange,list,0.5"
        for bad in (f"{address(2)},X,bank,list,0.5", f"{address(2)},X,exchange,list,1.5",
                    f"{address(2)},X,exchange,list,-0.1", f"{address(2)},X,exchange,list,nan",
                    f"{address(2)},X,exchange,list,", f"{address(2)},X,exchange,list", "0x12,X,exchange,list,0.5",
                    ",X,exchange,list,0.5", "not an address,X,exchange,list,0.5", f"{address(2)},X,Exchange,list,0.5",
                    f"{address(2)},X\0Y,exchange,list,0.5"):
            with self.subTest(bad=bad):
                self.refuses_line("labels", LABELS, good, bad)

    def test_labels_with_an_address_of_another_chain(self):
        self.refuses_line("labels", LABELS + ",chain", f"{address(1)},Good,exchange,list,0.5,eth",
                          f"{address(2)},X,exchange,list,0.5,btc")

    def test_labels_with_an_unknown_column(self):
        path = self.file("bad.csv", f"{LABELS},mood\n{address(1)},X,exchange,list,0.5,good\n")
        self.refuses(f"labels:{path}", says=(r"bad\.csv:1", "mood"))

    def test_labels_with_hostile_names_are_kept_as_they_are(self):
        names = ("Robert'); DROP TABLE label;--", "👛 emoji ‮ turned", "x" * 4_000, "quote \"\" inside")
        lines = "\n".join(f'{address(i)},"{name}",exchange,list,0.5' for i, name in enumerate(names))
        self.ingest(f"labels:{self.file('names.csv', LABELS + chr(10) + lines + chr(10))}")
        state = self.state()
        self.assertIn("DROP TABLE label", state)
        self.assertIn("x" * 4_000, state)

    def test_labels_of_more_than_a_page_of_text(self):
        self.refuses_line("labels", LABELS, f"{address(1)},Good,exchange,list,0.5",
                          f"{address(2)},{'x' * 10_000},exchange,list,0.5")

    def test_assets(self):
        header, good = "chain,asset,symbol,decimals,status", f"eth,{TOKEN},USDX,6,verified"
        for bad in (f"eth,{address(5)},X,78,verified", f"eth,{address(5)},X,-1,verified", f"eth,{address(5)},X,6,good",
                    f"eth,{address(5)},X,,verified", f"moon,{address(5)},X,6,verified", "eth,0x12,X,6,verified"):
            with self.subTest(bad=bad):
                self.refuses_line("assets", header, good, bad)

    def test_prices(self):
        header, good = "chain,asset,time,usd", "eth,native,1700000000,2000"
        for bad in ("eth,native,1700000000,-1", "eth,native,1700000000,nan", "eth,native,1700000000,inf",
                    "eth,native,1700000000,", "eth,native,yesterday,1", "eth,native,1700000000,1.2.3",
                    "eth,native,1700000000,0x10"):
            with self.subTest(bad=bad):
                self.refuses_line("prices", header, good, bad)

    def test_wallets(self):
        header, good = "chain,address,set,entity,tier", f"eth,{address(1)},main,Us,hot"
        for bad in ("eth,0x12,main,Us,hot", f"btc,{address(2)},main,Us,hot", f"eth,{address(2)},main,Us"):
            with self.subTest(bad=bad):
                self.refuses_line("wallets", header, good, bad)

    def test_empty_files(self):
        for schema in ("labels", "assets", "prices", "wallets"):
            with self.subTest(schema=schema):
                self.refuses(f"{schema}:{self.file('empty.csv', b'')}", says=r"empty\.csv")
