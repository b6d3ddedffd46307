// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/tlog/log.hpp>

namespace cordon::engine {

/// That one entry is in a log, for whoever has the log's public key and nothing else: what
/// `cordon log prove` writes (docs/formats/tlog.md).
struct LogProof {
    uint64_t index = 0;
    std::string entry;
    std::vector<Hash256> hashes;  ///< Siblings from the leaf up.
    tlog::SignedNote note;        ///< The checkpoint.
};

/// From the files of a log, at its published checkpoint. kNotFound: the entry is not under it.
Result<LogProof> prove_entry(const std::string& directory, uint64_t index);
/// The envelope of kind log.proof, one line.
std::string proof_text(const LogProof& proof);
/// The inverse; nothing in it is believed. kMalformed.
Result<LogProof> parse_proof(std::string_view text);
/// That the entry is in the tree of its checkpoint, which is returned. Who signed is not looked at.
/// kMalformed, kChecksum.
Result<tlog::Checkpoint> check_proof(const LogProof& proof);

}  // namespace cordon::engine
