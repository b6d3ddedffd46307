# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The benchmarks of tools/bench: each figure beside its peer or machine limit, measured in the same run."""
REPETITIONS = 5  # Medians of five: one run on a busy machine says nothing.
