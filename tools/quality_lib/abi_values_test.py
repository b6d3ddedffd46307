# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Units of the values that ABI tables write for conform."""
import unittest

from quality_lib.abi_values import fit, fit_all, parts_of


class AbiValues(unittest.TestCase):
    def test_types_are_split_at_their_outermost_commas(self):
        self.assertEqual(parts_of("int,tuple(bool,address)[2],bytes"), ["int", "tuple(bool,address)[2]", "bytes"])
        self.assertEqual(parts_of(""), [])

    def test_numbers_of_every_form_are_decimal_text(self):
        self.assertEqual([fit("uint8", told) for told in (7, "7", "0x07")], ["7", "7", "7"])
        self.assertEqual(fit("int256", {"type": "number", "value": "-5"}), "-5")

    def test_nested_values_follow_their_types(self):
        told = {"type": "tuple",
                "value": [[{"type": "buffer", "value": "0xAB"}], "0xAbC0000000000000000000000000000000000001"]}
        self.assertEqual(fit("tuple(bytes[],address)", told), [["ab"], "0xabc0000000000000000000000000000000000001"])

    def test_a_value_too_few_is_no_match(self):
        with self.assertRaises(ValueError):
            fit_all(["bool", "bool"], [True])


if __name__ == "__main__":
    unittest.main()
