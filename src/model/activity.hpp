// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>

#include "address.hpp"
#include "block.hpp"

/// What the txns of an account chain did beside moving value. Detectors read it; the ledger does
/// not store it (docs/decisions/0012).
namespace cordon {

/// An event that a contract wrote.
struct Log {
    uint32_t index = 0;  ///< Place within the txn's block, as the node numbers it; rises.
    Address contract;
    std::vector<Hash256> topics;  ///< At most 4; the first is the event's, unless it is anonymous.
    Bytes data;
    friend bool operator==(const Log&, const Log&) = default;
};

enum class CallKind : uint8_t {
    kCall,
    kStaticCall,
    kDelegateCall,
    kCallCode,
    kCreate,
    kCreate2,
    kSelfDestruct,
};
std::string_view to_string(CallKind kind) noexcept;

/// One frame of a call trace (debug_traceTransaction with callTracer). A txn's frames lie in
/// pre-order: the first is the txn itself, a parent comes before its children.
struct Call {
    static constexpr uint32_t kNoParent = ~0U;
    uint32_t parent = kNoParent;  ///< Index of the calling frame.
    uint32_t depth = 0;           ///< 0: the txn itself.
    CallKind kind = CallKind::kCall;
    Address from;
    Address to;  ///< Created contract for kCreate and kCreate2; empty when the creation failed.
    Amount value;
    Bytes input;          ///< Calldata; for creations the creation code.
    Bytes output;         ///< What came back; for creations the code that now lies there.
    bool failed = false;  ///< This frame reverted: neither it nor what it called has an effect.
    friend bool operator==(const Call&, const Call&) = default;
};

/// One storage slot that a txn left with another value (prestateTracer with diffMode).
struct StateChange {
    Address contract;
    Hash256 slot;
    Hash256 before, after;  ///< Zero: was, or is, empty.
    friend bool operator==(const StateChange&, const StateChange&) = default;
};

/// One txn, as far as the source tells it.
struct TxnActivity {
    Hash256 hash;
    Address from;
    Address to;       ///< Empty: creates a contract.
    Address created;  ///< The contract it created at top level; empty otherwise or unknown.
    Amount value;
    std::optional<uint64_t> nonce;  ///< None: the source does not tell, or it is of Tron.
    Bytes input;
    std::optional<bool> succeeded;  ///< None: the source does not tell.
    std::vector<Log> logs;
    std::vector<Call> calls;
    std::vector<StateChange> changes;
    friend bool operator==(const TxnActivity&, const TxnActivity&) = default;
};

/// What the txns of a block did.
struct Activity {
    /// What the source gives for this block. A detector whose input is not given is not run, and
    /// says so once.
    bool has_txns = false;     ///< Sender, receiver, input of every txn.
    bool has_logs = false;     ///< All logs.
    bool has_calls = false;    ///< Call traces.
    bool has_changes = false;  ///< Storage changes.
    /// Txns of which the source should have given calls or changes and could not (a node's tracer
    /// ran out of time: somebody may want that). Traced txns have at least one call.
    uint32_t missing = 0;
    /// Empty, or every txn of the block in chain order: also those that moved nothing and are not
    /// in Block::account_txns.
    std::vector<TxnActivity> txns;
    friend bool operator==(const Activity&, const Activity&) = default;
};

/// A block as a feed gives it.
struct SeenBlock {
    Block block;
    Activity activity;
    friend bool operator==(const SeenBlock&, const SeenBlock&) = default;
};

}  // namespace cordon
