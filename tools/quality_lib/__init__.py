# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The tables of tools/quality: what Cordon gets right, measured on real cases, files and vectors of a known schema."""
