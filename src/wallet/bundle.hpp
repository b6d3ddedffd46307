// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statement.hpp"

/// What goes to the offline signer, by file or QR code (docs/formats/bundle.md): the request with
/// its payload and the approvals for exactly these bytes.
namespace cordon::wallet {

struct Bundle {
    WithdrawalRequest request;
    Hash256 policy;
    std::vector<SignedStatement> approvals;  ///< Of people, and the gate's own (by "gate").
    friend bool operator==(const Bundle&, const Bundle&) = default;
};

/// JSON of one object, in one form. kMalformed, kLimit (8 MiB).
std::string format_bundle(const Bundle& bundle);
Result<Bundle> parse_bundle(std::string_view json);

/// Who must agree before a key signs. The signer has its own copy, made when the key was made: what
/// a server says about it does not count.
struct Quorum {
    struct Member {
        std::string name;
        ApproverKey key;
        friend bool operator==(const Member&, const Member&) = default;
    };
    std::vector<Member> members;
    unsigned needed = 0;  ///< Different names, none of them the requester.
    /// The gate must have agreed, too, with this key: what people may not do alone.
    std::optional<ApproverKey> gate;
    friend bool operator==(const Quorum&, const Quorum&) = default;
};

struct Agreed {
    std::vector<std::string> who;      ///< Sorted.
    std::vector<std::string> refused;  ///< Statements that do not count, each with its reason.
};
/// Counts the approvals of a bundle: over exactly its request and policy, by members, signed and
/// not expired at `now`, not signed later than `now`, one a person, not the requester. kPermission
/// when fewer than needed remain, the gate's is missing, a valid rejection is among them, or the
/// request was taken back; the
/// message lists why. kInvalidParam: a quorum in which a name or key stands twice, or in which
/// nobody would have to agree.
Result<Agreed> check_quorum(const Bundle& bundle, const Quorum& quorum, UnixMillis now);

}  // namespace cordon::wallet
