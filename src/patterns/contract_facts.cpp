// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "contract_facts.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include <cordon/base/check.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/abi.hpp>
#include <cordon/crypto/hash.hpp>

#include "bridge_messages.hpp"

namespace cordon::patterns {
namespace {

using chain::AbiSignature;
using chain::AbiValue;
using chain::CallView;
using chain::LogView;
using Items = std::vector<AbiValue>;

Asset token(const AbiValue& value) { return Asset::contract(value.address); }

ChainId eip155(const Amount& number) {
    return {ChainFamily::kEvm, number.fits_u64() ? number.low_u64() : 0};
}
/// Nothing for a number that no chain has.
std::optional<ChainId> far(const AbiValue& value) {
    if (!value.number.fits_u64() || value.number.is_zero()) return std::nullopt;
    return eip155(value.number);
}

std::string key(std::string_view protocol, ByteView id) {
    return std::string{protocol} + ":0x" + to_hex(id);
}

/// An address as bridges to chains of other kinds pass it: 20 bytes.
Address address_of(ByteView bytes) {
    return bytes.size() == 20 ? Address{AddressKind::kEvm, bytes} : Address{};
}

Fact deposit(const Address& sender, const Address& receiver, const Asset& asset,
             const Amount& amount, std::optional<ChainId> far_chain, std::string key = {}) {
    Fact fact;
    fact.kind = FactKind::kBridgeDeposit;
    fact.key = std::move(key);
    fact.sender = sender;
    fact.receiver = receiver;
    fact.asset = asset;
    fact.amount = amount;
    fact.far_chain = far_chain;
    return fact;
}

Fact withdrawal(const Address& sender, const Address& receiver, const Asset& asset,
                const Amount& amount, std::optional<ChainId> far_chain, std::string key) {
    Fact fact = deposit(sender, receiver, asset, amount, far_chain, std::move(key));
    fact.kind = FactKind::kBridgeWithdrawal;
    return fact;
}

// --- Calls. Each takes the decoded arguments; nothing when they make no sense.

using ReadCall = std::optional<Fact> (*)(const CallView&, const Items&);
struct Call {
    std::string_view signature;
    ReadCall read;
};

Fact celer_fact(const CelerMessage& message, FactKind kind) {
    Fact fact = withdrawal(message.sender, message.receiver, Asset::contract(message.token),
                           message.amount, message.from_chain, key("celer", message.id));
    fact.kind = kind;
    return fact;
}

/// Multichain's message id is the hash of the deposit's txn.
std::optional<Fact> multichain_out(const CallView& call, const Asset& asset, const AbiValue& to,
                                   const Amount& amount, const AbiValue& far_chain) {
    return deposit(call.from, to.address, asset, amount, far(far_chain),
                   key("multichain", call.txn));
}
std::optional<Fact> multichain_in(const CallView&, const Items& args) {
    return withdrawal({}, args[2].address, token(args[1]), args[3].number, far(args[4]),
                      key("multichain", args[0].bytes));
}

constexpr Call kCalls[] = {
    // Celer cBridge 2.0, Bridge: the liquidity pool. The id of a transfer is in its log.
    {"send(address,address,uint256,uint64,uint64,uint32)",
     [](const CallView& call, const Items& args) -> std::optional<Fact> {
         return deposit(call.from, args[0].address, token(args[1]), args[2].number, far(args[3]));
     }},
    {"sendNative(address,uint256,uint64,uint64,uint32)",
     [](const CallView& call, const Items& args) -> std::optional<Fact> {
         return deposit(call.from, args[0].address, Asset{}, args[1].number, far(args[2]));
     }},
    {"relay(bytes,bytes[],address[],uint256[])",
     [](const CallView&, const Items& args) -> std::optional<Fact> {
         const auto message = parse_celer_relay(args[0].bytes);
         if (!message) return std::nullopt;
         return celer_fact(*message, FactKind::kBridgeWithdrawal);
     }},
    // Celer OriginalTokenVault and PeggedTokenBridge.
    {"deposit(address,uint256,uint64,address,uint64)",
     [](const CallView& call, const Items& args) -> std::optional<Fact> {
         return deposit(call.from, args[3].address, token(args[0]), args[1].number, far(args[2]));
     }},
    {"depositNative(uint256,uint64,address,uint64)",
     [](const CallView& call, const Items& args) -> std::optional<Fact> {
         return deposit(call.from, args[2].address, Asset{}, args[0].number, far(args[1]));
     }},
    {"mint(bytes,bytes[],address[],uint256[])",
     [](const CallView&, const Items& args) -> std::optional<Fact> {
         const auto message = parse_celer_mint(args[0].bytes);
         if (!message) return std::nullopt;
         return celer_fact(*message, FactKind::kBridgeWithdrawal);
     }},
    // Multichain (Anyswap) routers, V3 to V6.
    {"anySwapOut(address,address,uint256,uint256)",
     [](const CallView& call, const Items& args) {
         return multichain_out(call, token(args[0]), args[1], args[2].number, args[3]);
     }},
    {"anySwapOutUnderlying(address,address,uint256,uint256)",
     [](const CallView& call, const Items& args) {
         return multichain_out(call, token(args[0]), args[1], args[2].number, args[3]);
     }},
    {"anySwapOutNative(address,address,uint256)",
     [](const CallView& call, const Items& args) {
         return multichain_out(call, Asset{}, args[1], call.value, args[2]);
     }},
    {"anySwapIn(bytes32,address,address,uint256,uint256)", multichain_in},
    {"anySwapInUnderlying(bytes32,address,address,uint256,uint256)", multichain_in},
    {"anySwapInAuto(bytes32,address,address,uint256,uint256)", multichain_in},
    // Poly Network: the wrapper that users call, the lock proxy, the manager that executes.
    {"lock(address,uint64,bytes,uint256,uint256,uint256)",
     [](const CallView& call, const Items& args) -> std::optional<Fact> {
         Fact fact = deposit(call.from, address_of(args[2].bytes), token(args[0]), args[3].number,
                             poly_chain(args[1].number));
         if (args[0].address.is_zero()) fact.asset = Asset{};
         fact.fee = args[4].number;
         return fact;
     }},
    {"lock(address,uint64,bytes,uint256)",
     [](const CallView& call, const Items& args) -> std::optional<Fact> {
         Fact fact = deposit(call.from, address_of(args[2].bytes), token(args[0]), args[3].number,
                             poly_chain(args[1].number));
         if (args[0].address.is_zero()) fact.asset = Asset{};
         return fact;
     }},
    {"verifyHeaderAndExecuteTx(bytes,bytes,bytes,bytes,bytes)",
     [](const CallView&, const Items& args) -> std::optional<Fact> {
         const auto message = parse_poly_proof(args[0].bytes);
         if (!message) return std::nullopt;
         Fact fact = withdrawal({}, message->receiver, Asset::contract(message->asset),
                                message->amount, poly_chain(Amount{message->from_chain}),
                                poly_key(message->from_chain, message->txn_id));
         if (message->asset.is_zero()) fact.asset = Asset{};
         return fact;
     }},
};

// --- Logs.

using ReadLog = std::optional<Fact> (*)(const LogView&, const Items&);
struct Log {
    std::string_view signature;
    ReadLog read;
};

Fact mixer_fact(FactKind kind, std::string key) {
    Fact fact;
    fact.kind = kind;
    fact.key = std::move(key);
    return fact;
}

constexpr Log kLogs[] = {
    {"Send(bytes32,address,address,address,uint256,uint64,uint64,uint32)",
     [](const LogView&, const Items& args) -> std::optional<Fact> {
         return deposit(args[1].address, args[2].address, token(args[3]), args[4].number,
                        far(args[5]), key("celer", args[0].bytes));
     }},
    {"Relay(bytes32,address,address,address,uint256,uint64,bytes32)",
     [](const LogView&, const Items& args) -> std::optional<Fact> {
         return withdrawal(args[1].address, args[2].address, token(args[3]), args[4].number,
                           far(args[5]), key("celer", args[6].bytes));
     }},
    {"Deposited(bytes32,address,address,uint256,uint64,address)",
     [](const LogView&, const Items& args) -> std::optional<Fact> {
         return deposit(args[1].address, args[5].address, token(args[2]), args[3].number,
                        far(args[4]), key("celer", args[0].bytes));
     }},
    {"Deposited(bytes32,address,address,uint256,uint64,address,uint64)",
     [](const LogView&, const Items& args) -> std::optional<Fact> {
         return deposit(args[1].address, args[5].address, token(args[2]), args[3].number,
                        far(args[4]), key("celer", args[0].bytes));
     }},
    {"Mint(bytes32,address,address,uint256,uint64,bytes32,address)",
     [](const LogView&, const Items& args) -> std::optional<Fact> {
         return withdrawal(args[6].address, args[2].address, token(args[1]), args[3].number,
                           far(args[4]), key("celer", args[5].bytes));
     }},
    {"LogAnySwapOut(address indexed,address indexed,address indexed,uint256,uint256,uint256)",
     [](const LogView& log, const Items& args) -> std::optional<Fact> {
         return deposit(args[1].address, args[2].address, token(args[0]), args[3].number,
                        far(args[5]), key("multichain", log.txn));
     }},
    {"LogAnySwapIn(bytes32 indexed,address indexed,address indexed,uint256,uint256,uint256)",
     [](const LogView&, const Items& args) -> std::optional<Fact> {
         return withdrawal({}, args[2].address, token(args[1]), args[3].number, far(args[4]),
                           key("multichain", args[0].bytes));
     }},
    {"CrossChainEvent(address indexed,bytes,address,uint64,bytes,bytes)",
     [](const LogView& log, const Items& args) -> std::optional<Fact> {
         const auto own = poly_number(log.chain);
         const auto message = parse_poly_message(args[5].bytes);
         if (!own || !message) return std::nullopt;
         Fact fact = deposit(args[0].address, message->receiver, Asset{}, message->amount,
                             poly_chain(args[3].number), poly_key(*own, args[1].bytes));
         fact.far_asset = Asset::contract(message->asset);
         return fact;
     }},
    // Tornado Cash: commitment, leaf, time; recipient, nullifier hash, relayer, fee.
    {"Deposit(bytes32 indexed,uint32,uint256)",
     [](const LogView&, const Items& args) -> std::optional<Fact> {
         return mixer_fact(FactKind::kMixerDeposit, key("tornado", args[0].bytes));
     }},
    {"Withdrawal(address,bytes32,address indexed,uint256)",
     [](const LogView&, const Items& args) -> std::optional<Fact> {
         Fact fact = mixer_fact(FactKind::kMixerWithdrawal, key("tornado", args[1].bytes));
         fact.receiver = args[0].address;
         fact.fee = args[3].number;
         return fact;
     }},
};

/// The tables, parsed once.
class Reader final : public chain::FactReader {
public:
    Reader() {
        for (const Call& call : kCalls) {
            const auto signature = chain::parse_abi_signature(call.signature);
            CORDON_CHECK(signature);
            calls_[signature->selector()].push_back({*signature, call.read});
        }
        for (const Log& log : kLogs) {
            const auto signature = chain::parse_abi_signature(log.signature);
            CORDON_CHECK(signature);
            logs_[signature->hash].push_back({*signature, log.read});
        }
    }

    bool knows_call(std::span<const uint8_t, 4> selector) const override {
        return calls_.contains(selector_of(selector));
    }
    bool knows_log(const Hash256& topic) const override { return logs_.contains(topic); }

    std::optional<Fact> read_call(const CallView& call) const override {
        if (call.input.size() < 4) return std::nullopt;
        const auto known = calls_.find(selector_of(call.input.first<4>()));
        if (known == calls_.end()) return std::nullopt;
        for (const auto& [signature, read] : known->second)
            if (const auto args = chain::decode_abi_call(signature, call.input))
                if (auto fact = read(call, args->items)) {
                    fact->chain = call.chain;
                    fact->txn = call.txn;
                    fact->index = 0;
                    fact->contract = call.to;
                    return fact;
                }
        return std::nullopt;
    }

    std::optional<Fact> read_log(const LogView& log) const override {
        if (log.topics.empty()) return std::nullopt;
        const auto known = logs_.find(log.topics[0]);
        if (known == logs_.end()) return std::nullopt;
        for (const auto& [signature, read] : known->second)
            if (const auto args = chain::decode_abi_log(signature, log.topics, log.data))
                if (auto fact = read(log, args->items)) {
                    fact->chain = log.chain;
                    fact->txn = log.txn;
                    fact->index = log.index + 1;
                    fact->contract = log.contract;
                    return fact;
                }
        return std::nullopt;
    }

private:
    static std::array<uint8_t, 4> selector_of(std::span<const uint8_t, 4> bytes) {
        return {bytes[0], bytes[1], bytes[2], bytes[3]};
    }

    std::map<std::array<uint8_t, 4>, std::vector<std::pair<AbiSignature, ReadCall>>> calls_;
    std::map<Hash256, std::vector<std::pair<AbiSignature, ReadLog>>> logs_;
};

}  // namespace

const chain::FactReader& contract_facts() noexcept {
    static const Reader kReader;
    return kReader;
}

}  // namespace cordon::patterns
