// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block_codec.hpp"

namespace cordon::ledger {
namespace {

// Bits of the byte before a block header.
constexpr uint8_t kHasTime = 4;  // Below it: BlockNumKind.
constexpr uint8_t kHasParent = 8;

constexpr unsigned kKindCount = 6;  // Of TransferKind; see put_txn.
constexpr unsigned kMaxAmountSize = 32;

void put_time(Bytes& out, UnixMillis time) {
    put_varint(out, zigzag(time.time_since_epoch().count()));
}
UnixMillis take_time(Decoder& in) {
    return UnixMillis{std::chrono::milliseconds{unzigzag(in.varint())}};
}

void put_asset(Bytes& out, const Asset& asset) {
    if (asset.is_native()) return out.push_back(0);
    const std::string_view text = asset.text();
    out.push_back(static_cast<uint8_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
}

}  // namespace

void put_header(Bytes& out, const BlockHeader& header) {
    put_varint(out, header.number);
    out.push_back(static_cast<uint8_t>(static_cast<unsigned>(header.number_kind) |
                                       (header.time ? kHasTime : 0u) |
                                       (header.parent ? kHasParent : 0u)));
    if (header.time) put_time(out, *header.time);
    put_bytes(out, header.hash);
    if (header.parent) put_bytes(out, *header.parent);
}

BlockHeader take_header(Decoder& in) {
    BlockHeader header;
    header.number = in.varint();
    const uint8_t bits = in.u8();
    if ((bits & 3) > static_cast<unsigned>(BlockNumKind::kSequence) || bits >= 2 * kHasParent)
        in.fail();
    header.number_kind = static_cast<BlockNumKind>(bits & 3);
    if ((bits & kHasTime) != 0) header.time = take_time(in);
    header.hash = in.hash();
    if ((bits & kHasParent) != 0) header.parent = in.hash();
    return header;
}

void put_address(Bytes& out, const Address& address) {
    out.push_back(static_cast<uint8_t>(address.kind()));
    out.push_back(static_cast<uint8_t>(address.payload().size()));
    put_bytes(out, address.payload());
}

Address take_address(Decoder& in) {
    const uint8_t kind_byte = in.u8();
    const std::size_t size = in.u8();
    const auto kind = static_cast<AddressKind>(kind_byte);
    const bool sized = payload_size(kind)           ? size == *payload_size(kind)
                       : kind == AddressKind::kNone ? size == 0
                                                    : size >= 3 && size <= Address::kMaxSize;
    if (kind_byte > static_cast<uint8_t>(AddressKind::kScript) || !sized) in.fail();
    const ByteView payload = in.bytes(size);
    return in.ok() ? Address{kind, payload} : Address{};
}

unsigned amount_size(const Amount& amount) noexcept { return (amount.bit_width() + 7) / 8; }

void put_amount(Bytes& out, const Amount& amount) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(amount.limbs().data());
    out.insert(out.end(), bytes, bytes + amount_size(amount));
}

Amount take_amount(Decoder& in, unsigned size) {
    std::array<uint64_t, 4> limbs{};
    if (size > kMaxAmountSize) in.fail();
    if (const ByteView bytes = in.bytes(size); !bytes.empty())
        std::memcpy(limbs.data(), bytes.data(), bytes.size());
    return Amount::from_limbs(limbs);
}

void put_txn(Bytes& out, const AccountTxn& txn) {
    put_bytes(out, txn.hash);
    const std::optional<UnixMillis> time = own_time(txn);
    put_varint(out, txn.transfers.size() * 2 + (time ? 1 : 0));
    if (time) put_time(out, *time);
    uint32_t next = 0;
    for (const Transfer& transfer : txn.transfers) {
        put_varint(out, transfer.index - next);
        next = transfer.index + 1;
        put_varint(
            out, static_cast<unsigned>(transfer.kind) + kKindCount * amount_size(transfer.amount));
        put_address(out, transfer.from);
        put_address(out, transfer.to);
        put_asset(out, transfer.asset);
        put_amount(out, transfer.amount);
    }
}

Asset TxnDecoder::take_asset(Decoder& in) {
    const ByteView bytes = in.bytes(in.u8());
    if (bytes.empty()) return Asset{};
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (!last_.is_native() && last_.text() == text) return last_;
    const Result<Asset> asset = Asset::parse(text);
    if (!asset || asset->text() != text) {
        in.fail();
        return Asset{};
    }
    return last_ = *asset;
}

void TxnDecoder::take(Decoder& in, AccountTxn& txn) {
    txn.hash = in.hash();
    const uint64_t size_and_time = in.varint();
    if (size_and_time / 2 > in.left() / 7) in.fail();  // A transfer takes at least seven bytes.
    set_own_time(txn, (size_and_time & 1) != 0 ? std::optional{take_time(in)} : std::nullopt);
    txn.transfers.resize(in.ok() ? size_and_time / 2 : 0);
    uint64_t next = 0;
    for (Transfer& transfer : txn.transfers) {
        const uint64_t index = next + in.varint32();
        if (index > UINT32_MAX) in.fail();
        transfer.index = static_cast<uint32_t>(index);
        next = index + 1;
        const uint32_t kind_and_size = in.varint32();
        transfer.kind = static_cast<TransferKind>(kind_and_size % kKindCount);
        transfer.from = take_address(in);
        transfer.to = take_address(in);
        transfer.asset = take_asset(in);
        transfer.amount = take_amount(in, kind_and_size / kKindCount);
        if (!in.ok()) return;
    }
}

void put_txn(Bytes& out, const UtxoTxn& txn) {
    put_bytes(out, txn.txid);
    // Outputs stand before inputs: resolving a spent output is the commonest partial read.
    put_varint(out, txn.outputs.size());
    for (const TxOut& output : txn.outputs) {
        put_varint(out, output.value);
        put_address(out, output.address);
    }
    out.push_back(txn.coinbase ? 1 : 0);
    put_varint(out, txn.version);
    put_varint(out, txn.locktime);
    put_varint(out, txn.inputs.size());
    for (const TxIn& input : txn.inputs) {
        put_bytes(out, input.prevout.txid);
        put_varint(out, uint64_t{input.prevout.index} * 2 + (input.spent ? 1 : 0));
        if (!input.spent) continue;
        put_varint(out, input.spent->value);
        put_address(out, input.spent->address);
    }
}

void TxnDecoder::take(Decoder& in, UtxoTxn& txn) {
    txn.txid = in.hash();
    txn.outputs.resize(in.count(3));
    for (TxOut& output : txn.outputs) {
        output.value = in.varint();
        output.address = take_address(in);
        if (!in.ok()) return;
    }
    const uint8_t coinbase = in.u8();
    if (coinbase > 1) in.fail();
    txn.coinbase = coinbase == 1;
    txn.version = in.varint32();
    txn.locktime = in.varint32();
    txn.inputs.resize(in.count(33));
    for (TxIn& input : txn.inputs) {
        input.prevout.txid = in.hash();
        const uint64_t index = in.varint();
        if (index / 2 > UINT32_MAX) in.fail();
        input.prevout.index = static_cast<uint32_t>(index / 2);
        input.spent.reset();
        if ((index & 1) != 0) {
            const uint64_t value = in.varint();
            input.spent = TxOut{value, take_address(in)};
        }
        if (!in.ok()) return;
    }
}

std::optional<TxOut> take_output(Decoder& in, uint32_t index, uint32_t& count) {
    in.hash();
    count = static_cast<uint32_t>(in.count(3));
    if (index >= count) return std::nullopt;
    for (uint32_t i = 0; i < index; ++i) {
        in.varint();
        in.u8();
        in.bytes(in.u8());
    }
    const uint64_t value = in.varint();
    const Address address = take_address(in);
    if (!in.ok()) return std::nullopt;
    return TxOut{value, address};
}

void take_block(Decoder& in, ChainId chain, Block& block) {
    block.chain = chain;
    block.header = take_header(in);
    block.account_txns.clear();
    block.utxo_txns.clear();
    const std::size_t count = in.count(33);
    TxnDecoder txns;
    if (is_utxo(chain)) {
        block.utxo_txns.resize(count);
        for (UtxoTxn& txn : block.utxo_txns) {
            TxnDecoder::take(in, txn);
            if (!in.ok()) return;
        }
    } else {
        block.account_txns.resize(count);
        for (AccountTxn& txn : block.account_txns) {
            txns.take(in, txn);
            if (!in.ok()) return;
        }
    }
}

}  // namespace cordon::ledger
