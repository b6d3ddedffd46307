# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Every table, in the order of the document. A new one is a module with NAME, GROUP and run(options), and a line here."""
from . import (abi, address_sets, attack_traces, base58, bech32, bitcoin_blocks, bitcoin_signatures, blocksci, change,
               clear_signing, clusters, coinjoin, eip55, evm_text, evm_txns, hashes, heist_replay, incidents,
               incidents_bitcoin, keys, labels, links, log_proofs, normal_traffic, patterns, psbt, ranking, rlp,
               rpc_decode, signatures, signing, theft_tracing, transactions, typed_data, unjudged)

TABLES = (theft_tracing, ranking, links, patterns, clusters, coinjoin, change, labels, bitcoin_blocks, blocksci,
          base58, bech32, transactions, address_sets, bitcoin_signatures, psbt, keys, hashes, eip55, rlp, rpc_decode,
          evm_txns, typed_data, abi, signatures, signing, evm_text, incidents, incidents_bitcoin, clear_signing, attack_traces,
          normal_traffic, heist_replay, log_proofs, unjudged)
