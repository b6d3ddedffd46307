// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "log.hpp"

/// What a log and a witness elsewhere say to each other (C2SP tlog-witness): the log sends its
/// checkpoint with a proof that it continues what the witness saw last, the witness cosigns it.
namespace cordon::tlog {

/// The path below the witness's own.
inline constexpr std::string_view kAddCheckpoint = "/add-checkpoint";

/// The body that asks for a cosignature of the log's checkpoint. `seen`: entries that the witness
/// saw last; 0: none. kConflict: it saw more than there are.
Result<std::string> ask_witness(const std::string& log_directory, const SignedNote& checkpoint,
                                uint64_t seen);
/// The cosignature in its answer, which holds for this checkpoint and comes from this witness.
/// kMalformed, kChecksum.
Result<NoteSignature> cosignature_of(std::string_view answer, const SignedNote& checkpoint,
                                     const PublicKey& witness);
/// How many entries it saw last, where it answers that the body spoke of another number (409).
Result<uint64_t> seen_size_of(std::string_view answer);

/// The names of those among `witnesses` who cosigned a note, each once.
std::vector<std::string> cosigners(const SignedNote& note, std::span<const PublicKey> witnesses);

}  // namespace cordon::tlog
