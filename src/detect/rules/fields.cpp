// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::detect {
namespace {

constexpr uint32_t kTransfer = bit(EventType::kTransfer);
constexpr uint32_t kTxn = bit(EventType::kTxn);
constexpr uint32_t kLog = bit(EventType::kLog);
constexpr uint32_t kCall = bit(EventType::kCall);
constexpr uint32_t kChange = bit(EventType::kChange);
constexpr uint32_t kWithdrawal = bit(EventType::kWithdrawal);
constexpr uint32_t kAlert = bit(EventType::kAlert);
constexpr uint32_t kInTxn = kTransfer | kTxn | kLog | kCall | kChange;
constexpr uint32_t kEvery = ~0U;

constexpr std::array<std::string_view, kCategoryCount> kCategories{
    "bridge",     "defi",       "deposit", "exchange", "gambling", "mixer", "other",
    "ransomware", "sanctioned", "scam",    "service",  "swap",     "theft", "user"};
constexpr WordList kCategoryWords{"category", kCategories};
constexpr std::array<std::string_view, 4> kTiers{"cold", "deposit", "hot", "warm"};
constexpr WordList kTierWords{"tier", kTiers};
constexpr std::array<std::string_view, kStages> kStageNames{"none", "funding", "preparation",
                                                            "exploitation", "laundering"};
constexpr WordList kStageWords{"stage", kStageNames};
constexpr std::array<std::string_view, 13> kKinds{
    "burn",     "call", "callcode", "create",       "create2",    "delegatecall", "fee",
    "internal", "mint", "native",   "selfdestruct", "staticcall", "token"};
constexpr WordList kKindWords{"kind", kKinds};

Value number(uint64_t n) { return Amount{n}; }
Value address(const Address& address) { return address.empty() ? Value{} : Value{address}; }
Value text(std::string_view text) { return text.empty() ? Value{} : Value{text}; }
Value usd(std::optional<Cents> cents) {
    return cents && *cents >= 0 ? number(static_cast<uint64_t>(*cents)) : Value{};
}
Value millis(std::chrono::milliseconds time) {
    return time.count() < 0 ? number(0) : number(static_cast<uint64_t>(time.count()));
}
Value bytes(ByteView view) {
    return std::string_view{reinterpret_cast<const char*>(view.data()), view.size()};
}
Value share(double part) {
    return number(static_cast<uint64_t>(std::clamp(part, 0.0, 1.0) * double{kShareOne} + 0.5));
}
Value selector(ByteView input) { return input.size() < 4 ? Value{} : bytes(input.first(4)); }
/// The address in a slot: its low 20 bytes.
Value low_address(const Hash256& word) {
    return Address{AddressKind::kEvm, ByteView{word.bytes}.subspan(12)};
}
Value topic(const RuleEvent& e, std::size_t index) {
    return index < e.log->topics.size() ? Value{e.log->topics[index]} : Value{};
}
template <typename Get>
Value of_activity(const RuleEvent& e, Get get) {
    return e.activity() ? get(*e.activity()) : Value{};
}
std::optional<Cents> usd_of(const RuleEvent& e) {
    if (e.movement) return e.movement->usd;
    return e.world.usd(e.chain, e.withdrawal->asset, e.withdrawal->amount, e.time);
}
const Address& from_of(const RuleEvent& e) {
    return e.movement ? e.movement->transfer->from : e.call ? e.call->from : e.withdrawal->from;
}
const Address& to_of(const RuleEvent& e) {
    return e.movement ? e.movement->transfer->to : e.call ? e.call->to : e.withdrawal->to;
}
bool is_allowed(const RuleEvent& e, const Address& to) {
    if (e.movement && to == e.movement->transfer->to) return e.movement->allowed;
    const SetId from = e.movement     ? e.movement->from_set
                       : e.withdrawal ? e.world.set_of(e.chain, e.withdrawal->from)
                                      : 0;
    return e.world.set_of(e.chain, to) != 0 || e.world.is_allowed(from, e.chain, to, e.time);
}
const SetInfo* set_of(const RuleEvent& e, const Address& a) {
    const SetId id = e.world.set_of(e.chain, a);
    return id == 0 ? nullptr : &e.world.set(id);
}

constexpr std::array<Field, 61> kFields{{
    {"chain", kEvery, Type::kChain, "the chain: eth, btc, eip155:N",
     [](RuleEvent& e) -> Value { return e.keep(to_string(e.chain)); }},
    {"time", kEvery, Type::kTime, "event time",
     [](RuleEvent& e) { return millis(e.time.time_since_epoch()); }},
    {"block.number", kInTxn | bit(EventType::kBlock), Type::kNumber, "the block; none: pending",
     [](RuleEvent& e) { return e.block ? number(e.block->number) : Value{}; }},
    {"block.hash", kInTxn | bit(EventType::kBlock), Type::kHash, "the block's hash",
     [](RuleEvent& e) { return e.block ? Value{e.block->hash} : Value{}; }},
    {"pending", kInTxn, Type::kBool, "it waits to be put into a block",
     [](RuleEvent& e) -> Value { return e.txn->pending(); }},

    {"txn.hash", kInTxn, Type::kHash, "the txn", [](RuleEvent& e) -> Value { return e.txn->hash; }},
    {"txn.from", kInTxn, Type::kAddress, "who sent the txn",
     [](RuleEvent& e) {
         return of_activity(e, [](const TxnActivity& t) { return address(t.from); });
     },
     kTxns},
    {"txn.to", kInTxn, Type::kAddress, "whom it called; none: it creates a contract",
     [](RuleEvent& e) {
         return of_activity(e, [](const TxnActivity& t) { return address(t.to); });
     },
     kTxns},
    {"txn.created", kInTxn, Type::kAddress, "the contract that it created",
     [](RuleEvent& e) {
         return of_activity(e, [](const TxnActivity& t) { return address(t.created); });
     },
     kTxns},
    {"txn.value", kInTxn, Type::kNumber, "smallest units of the native coin sent with it",
     [](RuleEvent& e) {
         return of_activity(e, [](const TxnActivity& t) -> Value { return t.value; });
     },
     kTxns},
    {"txn.nonce", kInTxn, Type::kNumber,
     "the sender's count of txns before it; none: the source does not tell",
     [](RuleEvent& e) {
         return of_activity(
             e, [](const TxnActivity& t) { return t.nonce ? number(*t.nonce) : Value{}; });
     },
     kTxns},
    {"txn.selector", kInTxn, Type::kBytes, "the first four bytes of its calldata",
     [](RuleEvent& e) {
         return of_activity(e, [](const TxnActivity& t) { return selector(t.input); });
     },
     kTxns},
    {"txn.input", kInTxn, Type::kBytes, "its calldata",
     [](RuleEvent& e) {
         return of_activity(e, [](const TxnActivity& t) { return bytes(t.input); });
     },
     kTxns},
    {"txn.succeeded", kInTxn, Type::kBool, "it had an effect; none: the source does not tell",
     [](RuleEvent& e) {
         return of_activity(
             e, [](const TxnActivity& t) { return t.succeeded ? Value{*t.succeeded} : Value{}; });
     },
     kTxns},
    {"txn.logs", kInTxn, Type::kNumber, "how many logs it wrote",
     [](RuleEvent& e) {
         return e.txn->has_logs
                    ? of_activity(e, [](const TxnActivity& t) { return number(t.logs.size()); })
                    : Value{};
     },
     kLogs},
    {"txn.calls", kInTxn, Type::kNumber, "how many frames its trace has",
     [](RuleEvent& e) {
         return e.txn->has_calls
                    ? of_activity(e, [](const TxnActivity& t) { return number(t.calls.size()); })
                    : Value{};
     },
     kCalls},
    {"txn.transfers", kInTxn, Type::kNumber, "how many transfers it made",
     [](RuleEvent& e) { return number(e.txn->movements.size()); }},

    {"from", kTransfer | kCall | kWithdrawal, Type::kAddress, "who pays or calls",
     [](RuleEvent& e) { return address(from_of(e)); }},
    {"to", kTransfer | kCall | kWithdrawal, Type::kAddress, "who is paid or called",
     [](RuleEvent& e) { return address(to_of(e)); }},
    {"asset", kTransfer | kWithdrawal, Type::kAsset, "what is moved: native, 0x…, a code",
     [](RuleEvent& e) -> Value {
         return e.movement ? e.movement->transfer->asset.text() : e.withdrawal->asset.text();
     }},
    {"amount", kTransfer | kWithdrawal, Type::kAmount, "how much, in smallest units",
     [](RuleEvent& e) -> Value {
         return e.movement ? e.movement->transfer->amount : e.withdrawal->amount;
     }},
    {"usd", kTransfer | kWithdrawal | kAlert, Type::kUsd, "what it is worth; none: no price",
     [](RuleEvent& e) { return usd(e.alert ? e.alert->usd : usd_of(e)); }, kPrices},
    {"allowed", kTransfer | kWithdrawal, Type::kBool,
     "the destination is ours or on the allow-list of the sender's set",
     [](RuleEvent& e) -> Value { return is_allowed(e, to_of(e)); }, kWallets},
    {"kind", kTransfer | kCall, Type::kWord,
     "of a transfer: native token internal mint burn fee; of a call: call delegatecall staticcall "
     "callcode create create2 selfdestruct",
     [](RuleEvent& e) -> Value {
         return e.movement ? to_string(e.movement->transfer->kind) : to_string(e.call->kind);
     },
     0, &kKindWords},
    {"index", kTransfer, Type::kNumber, "place within the txn",
     [](RuleEvent& e) { return number(e.movement->transfer->index); }},
    {"leaves", kTransfer, Type::kBool, "it leaves a set of ours, not to an allowed destination",
     [](RuleEvent& e) -> Value { return e.movement->leaves(); }, kWallets},

    {"contract", kLog | kChange, Type::kAddress, "whose log or storage it is",
     [](RuleEvent& e) { return address(e.log ? e.log->contract : e.change->contract); }},
    {"topic0", kLog, Type::kHash, "hash of the event's signature",
     [](RuleEvent& e) { return topic(e, 0); }},
    {"topic1", kLog, Type::kHash, "first indexed argument",
     [](RuleEvent& e) { return topic(e, 1); }},
    {"topic2", kLog, Type::kHash, "second", [](RuleEvent& e) { return topic(e, 2); }},
    {"topic3", kLog, Type::kHash, "third", [](RuleEvent& e) { return topic(e, 3); }},
    {"data", kLog, Type::kBytes, "the log's data", [](RuleEvent& e) { return bytes(e.log->data); }},
    {"log.index", kLog, Type::kNumber, "place within the block",
     [](RuleEvent& e) { return number(e.log->index); }},

    {"value", kCall, Type::kAmount, "smallest units of the native coin sent with the call",
     [](RuleEvent& e) -> Value { return e.call->value; }},
    {"selector", kCall, Type::kBytes, "the first four bytes of the calldata",
     [](RuleEvent& e) {
         const bool creates =
             e.call->kind == CallKind::kCreate || e.call->kind == CallKind::kCreate2;
         return creates ? Value{} : selector(e.call->input);
     }},
    {"input", kCall, Type::kBytes, "calldata; of a creation its code",
     [](RuleEvent& e) { return bytes(e.call->input); }},
    {"call.output", kCall, Type::kBytes, "what came back; of a creation the code that stays",
     [](RuleEvent& e) { return bytes(e.call->output); }},
    {"depth", kCall, Type::kNumber, "0: the txn itself",
     [](RuleEvent& e) { return number(e.call->depth); }},
    {"failed", kCall, Type::kBool,
     "it had no effect: it or a call around it reverted. A rule that does not ask is not given "
     "such calls",
     [](RuleEvent& e) -> Value { return e.failed; }},

    {"slot", kChange, Type::kHash, "the storage slot",
     [](RuleEvent& e) -> Value { return e.change->slot; }},
    {"before", kChange, Type::kHash, "what it held",
     [](RuleEvent& e) -> Value { return e.change->before; }},
    {"after", kChange, Type::kHash, "what it holds now",
     [](RuleEvent& e) -> Value { return e.change->after; }},
    {"before.address", kChange, Type::kAddress, "the address that it held",
     [](RuleEvent& e) { return low_address(e.change->before); }},
    {"after.address", kChange, Type::kAddress, "the address that it holds now",
     [](RuleEvent& e) { return low_address(e.change->after); }},
    {"before.number", kChange, Type::kNumber, "the number that it held",
     [](RuleEvent& e) -> Value { return *Amount::from_big_endian(e.change->before); }},
    {"after.number", kChange, Type::kNumber, "the number that it holds now",
     [](RuleEvent& e) -> Value { return *Amount::from_big_endian(e.change->after); }},

    {"withdrawal.id", kWithdrawal, Type::kText, "of the queue's entry",
     [](RuleEvent& e) { return text(e.withdrawal->id); }},
    {"requester", kWithdrawal, Type::kText, "who asked for it",
     [](RuleEvent& e) { return text(e.withdrawal->requester); }},
    {"cancelled", kWithdrawal, Type::kBool, "the queue took it back",
     [](RuleEvent& e) -> Value { return e.withdrawal->cancelled; }},

    {"detector", kAlert, Type::kText, "who raised it: D11, or a rule",
     [](RuleEvent& e) { return text(e.alert->detector); }},
    {"severity", kAlert, Type::kSeverity, "info low medium high critical",
     [](RuleEvent& e) { return number(static_cast<uint64_t>(e.alert->severity)); }},
    {"stage", kAlert, Type::kWord, "none funding preparation exploitation laundering",
     [](RuleEvent& e) -> Value { return to_string(e.alert->stage); }, 0, &kStageWords},
    {"confidence", kAlert, Type::kShare, "of the alert",
     [](RuleEvent& e) { return share(e.alert->confidence); }},
    {"subject", kAlert, Type::kAddress, "whom it is about",
     [](RuleEvent& e) { return address(e.alert->subject); }},
    {"title", kAlert, Type::kText, "of the detector",
     [](RuleEvent& e) { return text(e.alert->title); }},
    {"reason", kAlert, Type::kText, "the alert's own words",
     [](RuleEvent& e) { return text(e.alert->reason); }},
    {"tags", kAlert, Type::kTexts, "its tags",
     [](RuleEvent& e) -> Value { return std::span<const std::string>{e.alert->tags}; }},

    // Of correlations: there after the event was counted.
    {"group.events", kEvery, Type::kNumber, "events of the group in the window",
     [](RuleEvent& e) { return number(e.events); }},
    {"group.value", kEvery, Type::kNumber, "what the correlation counted",
     [](RuleEvent& e) { return e.value; }},
    {"asset.symbol", kTransfer | kWithdrawal, Type::kText,
     "of a known asset that is what its symbol says",
     [](RuleEvent& e) -> Value {
         const Asset asset = *e.asset();
         if (asset.is_native()) return text(native_symbol(e.chain));
         const std::optional<AssetInfo> info = e.world.knowledge().asset(e.chain, asset);
         if (!info || info->status == AssetStatus::kCounterfeit) return {};
         return text(e.keep(info->symbol));
     }},
    {"alert.id", kAlert, Type::kText, "its id", [](RuleEvent& e) { return text(e.alert->id); }},
}};

constexpr std::array<Property, 18> kProperties{{
    {"label.category", Type::kWord, "of its most confident label",
     [](RuleEvent& e, const Address& a) {
         const Label* label = e.label(a);
         return label ? Value{to_string(label->category)} : Value{};
     },
     kLabels, &kCategoryWords},
    {"label.text", Type::kText, "the label as its source writes it",
     [](RuleEvent& e, const Address& a) {
         const Label* label = e.label(a);
         return label ? text(label->text) : Value{};
     },
     kLabels},
    {"label.source", Type::kText, "who says it",
     [](RuleEvent& e, const Address& a) {
         const Label* label = e.label(a);
         return label ? text(label->source) : Value{};
     },
     kLabels},
    {"label.entity", Type::kText, "who holds it, where the source names that",
     [](RuleEvent& e, const Address& a) {
         const Label* label = e.label(a);
         return label ? text(label->entity) : Value{};
     },
     kLabels},
    {"label.confidence", Type::kShare, "as the source states it",
     [](RuleEvent& e, const Address& a) {
         const Label* label = e.label(a);
         return label ? share(label->confidence) : Value{};
     },
     kLabels},
    {"categories", Type::kTexts, "of all its labels",
     [](RuleEvent& e, const Address& a) -> Value { return e.categories(a); }, kLabels,
     &kCategoryWords},
    {"set", Type::kText, "the wallet set of ours that it is in",
     [](RuleEvent& e, const Address& a) {
         const SetInfo* set = set_of(e, a);
         return set ? text(set->name) : Value{};
     },
     kWallets},
    {"tier", Type::kWord, "of its set: hot warm cold deposit",
     [](RuleEvent& e, const Address& a) {
         const SetInfo* set = set_of(e, a);
         return set ? text(set->tier) : Value{};
     },
     kWallets, &kTierWords},
    {"entity", Type::kText, "of its set",
     [](RuleEvent& e, const Address& a) {
         const SetInfo* set = set_of(e, a);
         return set ? text(set->entity) : Value{};
     },
     kWallets},
    {"age", Type::kDuration, "since it was first seen, in the stream or before; 0: never before",
     [](RuleEvent& e, const Address& a) {
         const auto first = e.world.first_seen(e.chain, a);
         return millis(first ? e.time - *first : std::chrono::milliseconds{0});
     }},
    {"contract_age", Type::kDuration, "since the stream saw it being created; none: it did not",
     [](RuleEvent& e, const Address& a) {
         const auto created = e.world.created(e.chain, a);
         return created ? millis(e.time - *created) : Value{};
     }},
    {"creator", Type::kAddress, "who created it, if the stream saw it",
     [](RuleEvent& e, const Address& a) {
         const auto creator = e.world.creator(e.chain, a);
         return creator ? address(*creator) : Value{};
     }},
    {"min_delay", Type::kDuration, "of a timelock of a watched protocol: what its policy demands",
     [](RuleEvent& e, const Address& a) -> Value {
         for (const Protocol& protocol : e.world.config().protocols)
             for (const Place& place : protocol.timelocks)
                 if (protocol.min_delay && place == Place{e.chain, a})
                     return millis(*protocol.min_delay);
         return {};
     },
     kWallets},
    {"protocol", Type::kText, "the watched protocol that it belongs to",
     [](RuleEvent& e, const Address& a) {
         const Protocol* protocol = e.world.protocol_of(e.chain, a);
         return protocol ? text(protocol->name) : Value{};
     },
     kWallets},
    {"safe", Type::kText, "the watched Safe that it is",
     [](RuleEvent& e, const Address& a) {
         const WatchedSafe* safe = e.world.safe_of(e.chain, a);
         return safe ? text(safe->name) : Value{};
     },
     kWallets},
    {"bridge", Type::kText, "the watched bridge that it belongs to",
     [](RuleEvent& e, const Address& a) {
         const WatchedBridge* bridge = e.world.bridge_of(e.chain, a);
         return bridge ? text(bridge->name) : Value{};
     },
     kWallets},
    {"balance", Type::kAmount, "what it holds of the event's asset; none: not known",
     [](RuleEvent& e, const Address& a) {
         const auto balance = e.world.balance(e.chain, a, *e.asset());
         return balance ? Value{*balance} : Value{};
     },
     kWallets, nullptr, kTransfer | kWithdrawal | kCall | kTxn},
    {"set_balance", Type::kAmount, "what its whole set holds of the event's asset",
     [](RuleEvent& e, const Address& a) {
         const SetId set = e.world.set_of(e.chain, a);
         const auto balance = set ? e.world.set_balance(set, e.chain, *e.asset()) : std::nullopt;
         return balance ? Value{*balance} : Value{};
     },
     kWallets, nullptr, kTransfer | kWithdrawal | kCall | kTxn},
}};

template <std::set<Place> PlaceSets::* Set>
bool has(RuleEvent& e, const Address& a) {
    return (e.places.*Set).contains({e.chain, a});
}

constexpr std::array<NamedSet, 9> kSets{{
    {"admins", "who may own and change a watched protocol", has<&PlaceSets::admins>},
    {"allowed", "ours, or on the allow-list of the sender's set",
     [](RuleEvent& e, const Address& a) { return is_allowed(e, a); }},
    {"bridge_tokens", "tokens that a watched bridge mints", has<&PlaceSets::tokens>},
    {"bridges", "contracts of watched bridges",
     [](RuleEvent& e, const Address& a) { return e.world.bridge_of(e.chain, a) != nullptr; }},
    {"keepers", "contracts that hold a watched bridge's validator or keeper set",
     has<&PlaceSets::keepers>},
    {"protocols", "contracts of watched protocols",
     [](RuleEvent& e, const Address& a) { return e.world.protocol_of(e.chain, a) != nullptr; }},
    {"safes", "watched Safes",
     [](RuleEvent& e, const Address& a) { return e.world.safe_of(e.chain, a) != nullptr; }},
    {"timelocks", "timelocks of watched protocols", has<&PlaceSets::timelocks>},
    {"wallets", "addresses of ours, of any set",
     [](RuleEvent& e, const Address& a) { return e.world.set_of(e.chain, a) != 0; }},
}};

Hash256 keccak(std::string_view text) {
    return crypto::keccak256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}
/// ERC-1967: the hash less one, so that no mapping or array can come to lie there.
Hash256 less_one(Hash256 hash) {
    for (std::size_t i = hash.bytes.size(); i-- > 0;)
        if (hash.bytes[i]-- != 0) break;
    return hash;
}

}  // namespace

std::span<const Field> fields() noexcept { return kFields; }

const Field* field(std::string_view name) noexcept {
    static const std::map<std::string_view, const Field*> kByName = [] {
        std::map<std::string_view, const Field*> all;
        for (const Field& one : kFields) all.emplace(one.name, &one);
        return all;
    }();
    const auto found = kByName.find(name);
    return found == kByName.end() ? nullptr : found->second;
}

std::span<const Property> properties() noexcept { return kProperties; }
std::span<const NamedSet> named_sets() noexcept { return kSets; }

std::span<const Constant> constants() {
    static const std::array<Constant, 11> kAll{{
        {"eip1967.admin", Type::kHash, "slot of a proxy's admin (ERC-1967)",
         less_one(keccak("eip1967.proxy.admin"))},
        {"eip1967.beacon", Type::kHash, "slot of a proxy's beacon (ERC-1967)",
         less_one(keccak("eip1967.proxy.beacon"))},
        {"eip1967.implementation", Type::kHash, "slot of a proxy's code (ERC-1967)",
         less_one(keccak("eip1967.proxy.implementation"))},
        {"safe.fallback", Type::kHash, "slot of a Safe's fallback handler",
         keccak("fallback_manager.handler.address")},
        {"safe.guard", Type::kHash, "slot of a Safe's guard",
         keccak("guard_manager.guard.address")},
        {"safe.singleton", Type::kHash, "slot of a Safe's code (slot 0)", Hash256{}},
        // Uniswap v2 keeps reserves in uint112: nobody can have more; COMP and UNI say "all" with
        // uint96, which is more than any supply with 18 decimals.
        {"unlimited", Type::kNumber, "2^96-1: from here on an allowance means all, for ever",
         Amount::from_limbs({~0ULL, (uint64_t{1} << 32) - 1, 0, 0})},
        {"zero.address", Type::kAddress, "the all-zero address",
         Address{AddressKind::kEvm, ByteView{Hash256{}.bytes}.first(20)}},
        {"zero.hash", Type::kHash, "32 zero bytes", Hash256{}},
        {"false", Type::kBool, "no", false},
        {"true", Type::kBool, "yes", true},
    }};
    return kAll;
}

}  // namespace cordon::detect
