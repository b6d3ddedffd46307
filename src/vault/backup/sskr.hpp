// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shamir.hpp"

/// A secret on paper, in the hands of several: SSKR (BCR-2020-011), shares as bytewords. Groups of
/// holders; so many groups are needed, and of each so many of its members (docs/signer/backup.md).
namespace cordon::vault {

struct SskrGroup {
    unsigned threshold = 0, count = 0;
};
struct SskrPlan {
    unsigned threshold = 0;  ///< Groups that are needed.
    std::vector<SskrGroup> groups;
};

/// One share: words that name themselves ("tuna next keep …", CBOR tag 40309), 29 of them for 16
/// bytes, 46 for 32. The caller wipes the text.
struct SskrShare {
    unsigned group = 0, member = 0;  ///< From 1.
    std::string words;
};

/// Failures of split_secret, also for the groups.
Result<std::vector<SskrShare>> split_sskr(ByteView secret, const SskrPlan& plan,
                                          const Random& random);

/// Of words (any case and blanks), or of "ur:sskr/…"; the old tag and type (309, crypto-sskr) are
/// read, too. The caller wipes what comes. No message holds a word. kConflict: shares of different
/// backups, or two that claim to be the same one; kTruncated: not enough, and of which group;
/// kChecksum; else what is wrong with a share, by its place.
Result<Bytes> join_sskr(std::span<const std::string> shares);

}  // namespace cordon::vault
