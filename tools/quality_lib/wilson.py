# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""How sure a share of few cases is."""
import math

NORMAL_95 = 1.959964  # Two-sided 95 % of the normal distribution.


def interval(hits, n, z=NORMAL_95):
    """Wilson's score interval of hits out of n; (0, 1) when nothing was tried."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))
