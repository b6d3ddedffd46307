# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""A rule that tests of live chains can tell one payment by, among all others."""

LARGE = 5_000
RULES = f"""- rule: T01
  desc: A large payment
  event: transfer
  condition: amount == {LARGE}
  output: "%from paid %amount."
  priority: high
"""
