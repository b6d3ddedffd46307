# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Units of the reader of BlockSci's recorded answers, on made-up lines of the same form."""
import unittest

from quality_lib import blocksci_output as recorded

A, B = "m" + "A" * 32, "bcrt1q" + "w" * 30
TXID = "ab" * 32


class Objects(unittest.TestCase):
    def test_objects_of_a_list_are_told_apart(self):
        line = (f"[TxIn(spent_tx_index=4, address=PubkeyHashAddress({A}), value=7), "
                "TxOut(spending_tx_index=0, address=MultisigAddress(2 of 3), value=9)]")
        self.assertEqual(list(recorded.objects(line)),
                         [("TxIn", {"spent_tx_index": "4", "address": A, "value": "7"}),
                          ("TxOut", {"spending_tx_index": "0", "address": None, "value": "9"})])

    def test_a_txn_has_its_sides(self):
        (kind, fields), = recorded.objects("Tx(len(txins)=1, len(txouts)=2, size_bytes=9, block_height=3, tx_index=5)")
        self.assertEqual((kind, fields["len(txins)"], fields["len(txouts)"], fields["tx_index"]), ("Tx", "1", "2", "5"))

    def test_only_a_list_of_addresses_alone_is_a_cluster(self):
        cluster = f"[PubkeyHashAddress({A}), WitnessPubkeyAddress({B})]"
        self.assertTrue(recorded.is_address_list(cluster))
        self.assertEqual(recorded.addresses(cluster), [A, B])
        for other in ("[]", "[0, 1]", f"PubkeyHashAddress({A})", f"[TxIn(spent_tx_index=4, address=X({A}), value=7)]"):
            self.assertFalse(recorded.is_address_list(other))


class Records(unittest.TestCase):
    def test_a_txn_is_read_around_its_hash(self):
        lines = ["225", "111", "2018-09-01 00:20:00+00:00", "10", "1", "2", TXID, "112", "False", "0", "False", "None", "2", "99"]
        self.assertEqual(list(recorded.transactions(lines)),
                         [{"txid": TXID, "height": 111, "time": "2018-09-01 00:20:00+00:00", "fee": 10, "ordinal": 112,
                           "coinbase": False, "locktime": 0, "outputs": 2, "total_out": 99}])

    def test_an_output_and_an_input_differ_in_what_follows_the_type(self):
        block = "Block(tx_count=1, height=1, header_hash=00, version=1, timestamp=1, bits=1, nonce=1)"
        txn = "Tx(len(txins)=1, len(txouts)=1, size_bytes=9, block_height=1, tx_index=2)"
        output = [f"PubkeyHashAddress({A})", "Pay to pubkey hash", block, "1", "False", "None", "None", "None", txn, "2", "50"]
        self.assertEqual(list(recorded.ends(output)), [{"kind": "output", "address": A, "n": 1, "spent": False,
                                                        "spender": "None", "ordinal": 2, "value": 50}])
        told = "TxOut(spending_tx_index=2, address=None, value=50)"
        spend = [f"PubkeyHashAddress({A})", "Pay to pubkey hash", "8", block, "0", "4294967295", told, txn, "1", txn, "2", "50"]
        self.assertEqual(list(recorded.ends(spend)),
                         [{"kind": "input", "address": A, "n": 0, "spends": 1, "ordinal": 2, "value": 50}])

    def test_an_address_is_read_from_its_equivalents_on(self):
        lines = [A, "5", f"EquivAddress(PubkeyHashAddress({A}))", "False", "[]", "[]", "0",
                 "[Tx(len(txins)=1, len(txouts)=2, size_bytes=2, block_height=1, tx_index=3)]", "1",
                 f"[TxOut(spending_tx_index=0, address=PubkeyHashAddress({A}), value=5)]"]
        told, = recorded.owners(lines)
        self.assertEqual((told["address"], told["balance"], told["inputs"], told["outputs"][0]["value"]), (A, 5, [], "5"))


if __name__ == "__main__":
    unittest.main()
