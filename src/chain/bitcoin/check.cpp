// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "check.hpp"

#include <algorithm>
#include <numeric>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "../text.hpp"
#include "block_fetch.hpp"
#include "block_order.hpp"
#include "block_scan.hpp"
#include "script.hpp"

namespace cordon::chain {
namespace {

/// Compares what is written again with the original, a txn at a time: the whole is never held
/// twice.
class Reencoder {
public:
    void add(const TxnView& txn) {
        buffer_.clear();
        append_txn(buffer_, txn);
        same_ &= std::equal(buffer_.begin(), buffer_.end(), txn.raw.begin(), txn.raw.end());
        bytes_ += buffer_.size();
    }
    bool same() const noexcept { return same_; }
    uint64_t bytes() const noexcept { return bytes_; }

private:
    Bytes buffer_;
    uint64_t bytes_ = 0;
    bool same_ = true;
};

/// The header and the count of txns written again.
bool header_reencodes(ByteView bytes, const BlockFacts& facts, uint64_t txn_bytes) {
    Bytes out;
    const auto number = [&out](uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<uint8_t>(value >> 8 * i));
    };
    number(static_cast<uint32_t>(facts.header.version), 4);
    for (const Hash256* hash : {&facts.header.parent, &facts.header.merkle_root})
        out.insert(out.end(), hash->bytes.begin(), hash->bytes.end());
    number(facts.header.time, 4);
    number(facts.header.bits, 4);
    number(facts.header.nonce, 4);
    if (facts.txns < 0xfd) {
        number(facts.txns, 1);
    } else {
        number(facts.txns < 0x10000 ? 0xfd : 0xfe, 1);
        number(facts.txns, facts.txns < 0x10000 ? 2 : 4);
    }
    return out.size() + txn_bytes == bytes.size() &&
           std::equal(out.begin(), out.end(), bytes.begin());
}

}  // namespace

Result<BlockCheck> check_block_bytes(ByteView bytes) {
    BlockCheck out;
    Reencoder reencoder;
    crypto::Sha256 txids;
    const auto visit = [&](const TxnView& txn, const Hash256& txid, std::size_t) -> Status {
        reencoder.add(txn);
        const std::string shown = format_hash(kBitcoin, txid);
        txids.update({reinterpret_cast<const uint8_t*>(shown.data()), shown.size()});
        for (const OutputView& output : txn.outputs)
            ++out.out_types[std::string{to_string(address_of_script(output.script).kind())}];
        return {};
    };
    CORDON_TRY(out.facts, read_block(bytes, visit));
    out.txids_sha256 = txids.finish();
    out.reencodes = reencoder.same() && header_reencodes(bytes, out.facts, reencoder.bytes());
    return out;
}

Status check_bitcoin_blocks(const std::vector<InputFile>& files, ChainId network,
                            const Bytes& xor_key,
                            const std::function<Status(const BlockCheck&)>& visit,
                            std::vector<std::string>& warnings) {
    if (!is_utxo(network))
        return fail(ErrorCode::kInvalidParam,
                    format("raw Bitcoin blocks cannot be of {}", to_string(network)));
    CORDON_TRY(const BlockScan scan, scan_blocks(files, network, xor_key));
    const BlockOrder order = order_blocks(scan.entries, network);
    warnings.insert(warnings.end(), scan.warnings.begin(), scan.warnings.end());
    warnings.insert(warnings.end(), order.warnings.begin(), order.warnings.end());

    std::vector<BlockCheck> places(scan.entries.size());  // Only what the order says is used.
    for (const auto* list : {&order.blocks, &order.others}) {
        for (const OrderedBlock& block : *list) {
            places[block.entry].chosen = list == &order.blocks;
            places[block.entry].number = block.number;
            places[block.entry].number_kind = block.kind;
        }
    }
    std::vector<uint32_t> wanted(scan.entries.size());
    std::iota(wanted.begin(), wanted.end(), 0U);
    BlockFetch fetch{files, scan, std::move(wanted)};
    Bytes bytes;
    for (std::size_t i = 0; i < scan.entries.size(); ++i) {
        const BlockEntry& entry = scan.entries[i];
        CORDON_TRY(fetch.next(bytes));
        Result<BlockCheck> check = check_block_bytes(bytes);
        if (!check)
            return fail(check.error().in(
                format("{}: block at offset {}", files[entry.file].name, entry.offset)));
        check->file = files[entry.file].name;
        check->offset = entry.offset;
        check->chosen = places[i].chosen;
        check->number = places[i].number;
        check->number_kind = places[i].number_kind;
        CORDON_TRY(visit(*check));
    }
    return {};
}

}  // namespace cordon::chain
