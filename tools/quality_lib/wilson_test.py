# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import unittest

from . import wilson


class IntervalTest(unittest.TestCase):
    def test_known_values(self):
        # Wilson (1927), as in the tables of Brown, Cai and DasGupta (2001): 8 of 10.
        low, high = wilson.interval(8, 10)
        self.assertAlmostEqual(low, 0.490, 3)
        self.assertAlmostEqual(high, 0.943, 3)

    def test_ends(self):
        self.assertEqual(wilson.interval(0, 0), (0.0, 1.0))
        self.assertEqual(wilson.interval(0, 20)[0], 0.0)
        self.assertEqual(wilson.interval(20, 20)[1], 1.0)


if __name__ == "__main__":
    unittest.main()
