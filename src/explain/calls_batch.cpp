// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>

#include "encoding.hpp"
#include "known_calls.hpp"
#include "official.hpp"

namespace cordon::explain {
namespace {

using Args = Arguments;

/// Calls the parts one after the other, as "call 1", "call 2", … below the call.
class Parts {
public:
    Parts(Walk& walk, const Call& around) : walk_{walk}, around_{around} {}

    void call(const Address& from, const Address& to, const Amount& value, ByteView data,
              bool delegate = false) {
        ++count_;
        walk_.call({from, to, value, data, delegate, part_of(around_, count_), around_.depth + 1});
    }
    /// An empty batch is not nothing: whoever signs it believes that it does something.
    void end() {
        if (count_ == 0)
            walk_.effect(EffectKind::kCall, around_, around_.from, around_.to,
                         format("{} gets an empty list of calls", walk_.words.address(around_.to)));
    }

private:
    Walk& walk_;
    const Call& around_;
    std::size_t count_ = 0;
};

/// multicall: the contract calls itself in the name of the caller.
void same_target(Walk& w, const Call& c, const chain::AbiValue& list) {
    Parts parts{w, c};
    for (const auto& each : list.items) parts.call(c.from, c.to, {}, each.bytes);
    parts.end();
}

/// An account or a Multicall contract: the parts come from itself.
void tuples(Walk& w, const Call& c, const chain::AbiValue& list, std::size_t value_at,
            std::size_t data_at) {
    Parts parts{w, c};
    for (const auto& each : list.items)
        parts.call(c.to, each.items[0].address,
                   value_at == 0 ? Amount{} : each.items[value_at].number,
                   each.items[data_at].bytes);
    parts.end();
}

void lists(Walk& w, const Call& c, const chain::AbiValue& to, const chain::AbiValue* values,
           const chain::AbiValue& data) {
    const bool with_values = values != nullptr && !values->items.empty();
    if (to.items.size() != data.items.size() ||
        (with_values && values->items.size() != to.items.size()))
        return w.unknown(c, "has lists of unequal length");
    Parts parts{w, c};
    for (std::size_t i = 0; i < to.items.size(); ++i)
        parts.call(c.to, to.items[i].address, with_values ? values->items[i].number : Amount{},
                   data.items[i].bytes);
    parts.end();
}

/// ERC-7579: the first byte of the mode says what the data is.
void execute_mode(Walk& w, const Call& c, ByteView mode, ByteView data) {
    constexpr uint8_t kSingle = 0x00, kBatch = 0x01, kDelegate = 0xff;
    constexpr std::size_t kAddress = 20, kWord = 32;
    static const auto kTuples = chain::parse_abi_signature("x((address,uint256,bytes)[])");
    Parts parts{w, c};
    if (mode[0] == kSingle && data.size() >= kAddress + kWord) {
        const auto value = Amount::from_big_endian(data.subspan(kAddress, kWord));
        return parts.call(c.to, Address{AddressKind::kEvm, data.first(kAddress)},
                          value.value_or(Amount::max()), data.subspan(kAddress + kWord));
    }
    if (mode[0] == kDelegate && data.size() >= kAddress)
        return parts.call(c.to, Address{AddressKind::kEvm, data.first(kAddress)}, {},
                          data.subspan(kAddress), true);
    if (mode[0] == kBatch && kTuples) {
        const auto values = chain::decode_abi(kTuples->arguments, data);
        if (values) {
            const Canonical form = canonical(kTuples->arguments, *values, data);
            if (form.same && form.trailing == 0) return tuples(w, c, values->items[0], 1, 2);
        }
    }
    w.unknown(c, "is of no ERC-7579 mode that is known, or does not fit its mode");
}

/// ERC-4337: what the accounts do is in their callData; the EntryPoint calls each of them.
void user_operations(Walk& w, const Call& c, const chain::AbiValue& list) {
    Parts parts{w, c};
    for (const auto& each : list.items) {
        if (!each.items[2].bytes.empty())
            w.raise("E15", Verdict::kWarn,
                    format("The account {} is deployed first, by data that is not read.",
                           w.words.address(each.items[0].address)),
                    c.where);
        parts.call(c.to, each.items[0].address, {}, each.items[3].bytes);
    }
    parts.end();
}

constexpr auto kCalls = std::to_array<KnownCall>({
    {"multicall(bytes[])", [](Walk& w, const Call& c, const Args& a) { same_target(w, c, a[0]); }},
    {"multicall(uint256,bytes[])",
     [](Walk& w, const Call& c, const Args& a) { same_target(w, c, a[1]); }},
    {"multicall(address[],bytes[])",
     [](Walk& w, const Call& c, const Args& a) { lists(w, c, a[0], nullptr, a[1]); }},
    {"aggregate((address,bytes)[])",
     [](Walk& w, const Call& c, const Args& a) { tuples(w, c, a[0], 0, 1); }},
    {"tryAggregate(bool,(address,bytes)[])",
     [](Walk& w, const Call& c, const Args& a) { tuples(w, c, a[1], 0, 1); }},
    {"aggregate3((address,bool,bytes)[])",
     [](Walk& w, const Call& c, const Args& a) { tuples(w, c, a[0], 0, 2); }},
    {"aggregate3Value((address,bool,uint256,bytes)[])",
     [](Walk& w, const Call& c, const Args& a) { tuples(w, c, a[0], 2, 3); }},
    {"execute(address,uint256,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         Parts{w, c}.call(c.to, a[0].address, a[1].number, a[2].bytes);
     }},
    {"execute(address[],bytes[])",
     [](Walk& w, const Call& c, const Args& a) { lists(w, c, a[0], nullptr, a[1]); }},
    {"executeBatch(address[],bytes[])",
     [](Walk& w, const Call& c, const Args& a) { lists(w, c, a[0], nullptr, a[1]); }},
    {"executeBatch(address[],uint256[],bytes[])",
     [](Walk& w, const Call& c, const Args& a) { lists(w, c, a[0], &a[1], a[2]); }},
    {"executeBatch((address,uint256,bytes)[])",
     [](Walk& w, const Call& c, const Args& a) { tuples(w, c, a[0], 1, 2); }},
    {"execute(bytes32,bytes)",
     [](Walk& w, const Call& c, const Args& a) { execute_mode(w, c, a[0].bytes, a[1].bytes); }},
    // Timelocks do what they are told, later. (OpenZeppelin's TimelockController.)
    {"schedule(address,uint256,bytes,bytes32,bytes32,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kCall, c, c.from, c.to,
                  format("{} keeps the next call and may do it after {} seconds",
                         w.words.address(c.to), grouped(a[5].number.to_string())));
         Parts{w, c}.call(c.to, a[0].address, a[1].number, a[2].bytes);
     }},
    {"execute(address,uint256,bytes,bytes32,bytes32)",
     [](Walk& w, const Call& c,
        const Args& a) { Parts{w, c}.call(c.to, a[0].address, a[1].number, a[2].bytes); }},
    {"executeUserOp(address,uint256,bytes,uint8)",
     [](Walk& w, const Call& c, const Args& a) {  // Safe4337Module: the Safe is its own target.
         Parts{w, c}.call(c.to, a[0].address, a[1].number, a[2].bytes, !a[3].number.is_zero());
     }},
    {"handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)"
     "[],address)",
     [](Walk& w, const Call& c, const Args& a) { user_operations(w, c, a[0]); }},
    {"handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)",
     [](Walk& w, const Call& c, const Args& a) { user_operations(w, c, a[0]); }},
});

}  // namespace

std::span<const KnownCall> batch_calls() noexcept { return kCalls; }

bool walk_multi_send(Walk& w, const Call& c, ByteView packed, bool call_only) {
    constexpr std::size_t kHead = 1 + 20 + 32 + 32;
    struct Part {
        uint8_t operation;
        Address to;
        Amount value;
        ByteView data;
    };
    const Official* official = find_official(c.to);
    // From 1.5.0 on the zero address stands for the Safe itself.
    const bool zero_is_self = official != nullptr && official->version >= "1.5.0";
    std::vector<Part> all;
    for (std::size_t at = 0; at < packed.size();) {
        if (packed.size() - at < kHead) return false;
        const auto length = Amount::from_big_endian(packed.subspan(at + 53, 32));
        const auto value = Amount::from_big_endian(packed.subspan(at + 21, 32));
        if (!length || !value || !length->fits_u64() ||
            length->low_u64() > packed.size() - at - kHead)
            return false;
        const auto size = static_cast<std::size_t>(length->low_u64());
        Address to{AddressKind::kEvm, packed.subspan(at + 1, 20)};
        if (zero_is_self && to.is_zero()) to = c.from;
        if (packed[at] > 1) return false;
        all.push_back({packed[at], to, *value, packed.subspan(at + kHead, size)});
        at += kHead + size;
    }
    Parts parts{w, c};
    for (const Part& each : all) {
        if (call_only && each.operation != 0)
            w.raise("E13", Verdict::kBlock,
                    "A part is a delegatecall, which a call-only MultiSend refuses: all of it "
                    "fails.",
                    c.where);
        parts.call(c.from, each.to, each.value, each.data, each.operation != 0);
    }
    parts.end();
    return true;
}

}  // namespace cordon::explain
