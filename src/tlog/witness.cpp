// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "witness.hpp"

#include <algorithm>
#include <charconv>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>

namespace cordon::tlog {

Result<std::string> ask_witness(const std::string& log_directory, const SignedNote& checkpoint,
                                uint64_t seen) {
    CORDON_TRY(const Checkpoint own, parse_checkpoint(checkpoint.text));
    if (seen > own.size)
        return fail(ErrorCode::kConflict,
                    format("{}: has {} entries, and the witness saw {}: it is an older state, or "
                           "another log in its place",
                           log_directory, own.size, seen));
    std::string body = format("old {}\n", seen);
    if (seen > 0) {
        const Tiles tiles{log_directory, own.size};
        CORDON_TRY(const std::vector<Hash256> proof, prove_consistency(tiles, seen, own.size));
        for (const Hash256& each : proof) body += to_base64(each) + "\n";
    }
    // Of the log's signature alone: what others signed is none of this one's business.
    SignedNote bare{checkpoint.text, {}};
    for (const NoteSignature& each : checkpoint.signatures)
        if (each.name == own.origin) bare.signatures.push_back(each);
    return body + "\n" + bare.format();
}

Result<NoteSignature> cosignature_of(std::string_view answer, const SignedNote& checkpoint,
                                     const PublicKey& witness) {
    // A note of the checkpoint's text and the lines that came.
    Result<SignedNote> note = parse_note(checkpoint.text + "\n" + std::string{answer});
    if (!note)
        return fail(ErrorCode::kMalformed,
                    format("the answer of {}: {}", witness.name, note.error().message));
    if (note->text != checkpoint.text)
        return fail(ErrorCode::kMalformed,
                    format("the answer of {}: is more than signatures", witness.name));
    for (NoteSignature& each : note->signatures) {
        const SignedNote one{note->text, {each}};
        if (is_signed_by(one, witness)) return std::move(each);
    }
    return fail(ErrorCode::kChecksum,
                format("the answer of {}: it did not sign this checkpoint", witness.text()));
}

Result<uint64_t> seen_size_of(std::string_view answer) {
    if (answer.ends_with('\n')) answer.remove_suffix(1);
    uint64_t size = 0;
    const auto [end, error] = std::from_chars(answer.data(), answer.data() + answer.size(), size);
    if (error == std::errc{} && end == answer.data() + answer.size()) return size;
    return fail(ErrorCode::kMalformed, "expected the number of entries that the witness saw");
}

std::vector<std::string> cosigners(const SignedNote& note, std::span<const PublicKey> witnesses) {
    std::vector<std::string> names;
    std::vector<PublicKey> counted;
    for (const PublicKey& each : witnesses) {
        // One key that is named twice is one witness.
        const bool again = std::any_of(counted.begin(), counted.end(), [&](const PublicKey& other) {
            return other.key == each.key;
        });
        if (again || each.kind != PublicKey::Kind::kWitness || !is_signed_by(note, each)) continue;
        counted.push_back(each);
        names.push_back(each.name);
    }
    return names;
}

}  // namespace cordon::tlog
