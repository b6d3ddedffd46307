// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/block.hpp>

/// Txns without their block: what one line of btc-txs: says (docs/formats/btc-txs.md).
namespace cordon::chain {

struct LooseTxn {
    UtxoTxn txn;
    bool has_version = false;  ///< Whether the source gives these two, or they are defaults.
    bool has_locktime = false;
    std::optional<BlockNum> height;
    std::optional<uint32_t> pos;  ///< Within its block.
    std::optional<UnixMillis> time;
    uint32_t file = 0;  ///< Where it comes from, for messages.
    uint64_t line = 0;
};

/// Reads lines of JSON; keeps its buffers between them. Confined to one thread.
class LooseTxnReader {
public:
    explicit LooseTxnReader(ChainId network);
    ~LooseTxnReader();
    LooseTxnReader(LooseTxnReader&&) noexcept;

    /// One JSON object. kMalformed and kOverflow name the field, kDuplicate a key that occurs
    /// twice, kConflict an address that is not its script's, kWrongChain an address of another
    /// network.
    Result<LooseTxn> parse_json(std::string_view line);
    /// One txn in hex. As parse_txn and check_txn.
    Result<LooseTxn> parse_hex_line(std::string_view line) const;

private:
    struct Parser;
    ChainId network_;
    std::unique_ptr<Parser> parser_;
};

/// Txns sorted so that a spent one comes before its spender; otherwise by height, time, pos, as far
/// as given, then as they came. Of two with the same txid one stays, with what both know;
/// kDuplicate when they contradict each other. kOrder when txns spend each other in a circle, or
/// one spends another of a later block or a later place in its block. `where` names a txn's line.
using WhereIs = std::function<std::string(const LooseTxn&)>;
Result<std::vector<LooseTxn>> sort_loose_txns(std::vector<LooseTxn> txns, const WhereIs& where);

}  // namespace cordon::chain
