// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <span>

#include <cordon/base/format.hpp>
#include <cordon/chain/evm/transfer_log.hpp>

#include "detectors.hpp"
#include "evidence.hpp"
#include "guarded.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"share", "A mint of this part of the known supply or more.", 0.05, 0.0001, 1},
    {"times", "A mint this many times the largest of the last ones.", 10, 1, 1e9},
    {"grant_age", "A minter younger than this makes it critical, in seconds.", 86'400, 60,
     31'536'000},
    {"least_usd", "A priced mint below it says nothing, in USD.", 50'000, 0, 1e12},
};

constexpr Descriptor kDescriptor{.id = "D19",
                                 .name = "abnormal-mint",
                                 .title = "Money made from nothing",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTxns,
                                 .parameters = kParameters};

constexpr uint64_t kTokens = 1U << 16;  ///< Token contracts that mint, of a chain's some 10,000s.
/// Fewer mints than this are no history.
constexpr uint32_t kEnoughMints = 20;

struct TokenKey {
    ChainId chain;
    Address token;
    friend auto operator<=>(const TokenKey&, const TokenKey&) = default;
};
struct Minting {
    Amount minted;   ///< Less what was burned, as far as the stream saw it; stops at 0.
    Amount largest;  ///< Of all mints before.
    uint32_t mints = 0;
    UnixMillis granted;  ///< When a minter was added last; 0: never seen.
    Address minter;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::TokenKey> {
    std::size_t operator()(const cordon::detect::TokenKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.token) ^
               (std::hash<cordon::ChainId>{}(key.chain) * 3);
    }
};

namespace cordon::detect {
namespace {

bool is_minter_role(const Hash256& role) {
    static const Hash256 kMinter = topic_named("MINTER_ROLE");
    return role == kMinter;
}

/// Sums that wrap around 2^256: the check "balance >= amount * count" or "amount + fee" passes, and
/// everybody is paid from nothing (CVE-2018-10299, CVE-2018-10376). Two huge words whose sum, or
/// one whose double, is small.
bool wraps_around(ByteView calldata) {
    constexpr std::size_t kMostWords = 5;  // Its own arguments, not what it passes on.
    constexpr unsigned kHuge = 200;        // Bits: no supply comes near, in whatever smallest unit.
    constexpr unsigned kFewBits = 64;
    constexpr std::size_t kMostHuge = 2;  // A call of more is packed, not made of words.
    std::array<Amount, kMostHuge> all;
    std::size_t found = 0;
    bool others = false;
    for (std::size_t i = 0; i < kMostWords; ++i) {
        const ByteView word = word_of(calldata, i);
        if (word.empty()) break;
        const ByteView high = word.first((256 - kHuge) / 8);
        if (std::all_of(high.begin(), high.end(), [](uint8_t byte) { return byte == 0; })) {
            others = true;
            continue;
        }
        const Amount amount = amount_in(word);
        // A negative number (a tick, a delta) is none, and "all" means no sum.
        if ((Amount::max() - amount).bit_width() <= 2 * kFewBits) continue;
        if (found == kMostHuge) return false;
        all[found++] = amount;
    }
    if (!others) return false;
    const std::span<const Amount> huge{all.data(), found};
    const auto small_sum = [](const Amount& a, const Amount& b) {
        if (checked_add(a, b)) return false;
        const Amount rest = a - (Amount::max() - b) - Amount{1U};  // a + b - 2^256.
        return rest.bit_width() <= kFewBits;
    };
    for (std::size_t i = 0; i < huge.size(); ++i)
        for (std::size_t k = i; k < huge.size(); ++k)
            if (small_sum(huge[i], huge[k])) return true;
    return false;
}

class AbnormalMint final : public Detector {
public:
    explicit AbnormalMint(const WatchConfig& config)
        : share_{parameter(kDescriptor, config, "share")},
          times_{parameter(kDescriptor, config, "times")},
          grant_age_{static_cast<int64_t>(parameter(kDescriptor, config, "grant_age"))},
          least_usd_{parameter(kDescriptor, config, "least_usd")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&tokens_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.activity || txn.activity->succeeded == false) return;
        wrapped(txn, out);
        if (!txn.has_logs) return;
        std::map<Address, Amount> minted;
        for (const Log& log : txn.activity->logs) {
            grant(txn, log, world, out);
            const auto transfer = chain::decode_transfer_log(log.topics, log.data);
            if (!transfer || transfer->non_fungible) continue;
            if (transfer->from.is_zero() && !transfer->to.is_zero()) {
                Amount& sum = minted[log.contract];
                sum = checked_add(sum, transfer->amount).value_or(Amount::max());
            } else if (transfer->to.is_zero() && !transfer->from.is_zero()) {
                burn(txn, log.contract, transfer->amount);
            }
        }
        for (const auto& [token, amount] : minted) mint(txn, world, token, amount, out);
    }

private:
    void wrapped(const TxnView& txn, Findings& out) const {
        // Only calls that a token takes from somebody: the top level, or all where they are given.
        const auto judge = [&](const Address& token, ByteView input) {
            if (!wraps_around(input)) return false;
            out.push_back({.severity = Severity::kHigh,
                           .stage = Stage::kExploitation,
                           .confidence = 0.8,
                           .subject = token,
                           .reason = format("{} was given amounts whose sum wraps around 2^256 and "
                                            "did not refuse them: everybody in it may be paid from "
                                            "nothing.",
                                            text_of(txn, token)),
                           .next = "Stop deposits of this token and pause its markets.",
                           .related = {txn.activity->from},
                           .key = "wrap"});
            return true;
        };
        if (txn.activity->calls.empty()) {
            judge(txn.activity->to, txn.activity->input);
            return;
        }
        for (const Call& call : txn.activity->calls)
            if (!call.failed && call.kind == CallKind::kCall && judge(call.to, call.input)) return;
    }

    void grant(const TxnView& txn, const Log& log, const World& world, Findings& out) {
        static const Hash256 kMinterAdded = topic_named("MinterAdded(address)");
        static const Hash256 kRoleGranted = topic_named("RoleGranted(bytes32,address,address)");
        if (log.topics.empty()) return;
        std::optional<Address> minter;
        if (log.topics[0] == kMinterAdded)
            minter = address_in(log.topics.size() > 1 ? ByteView{log.topics[1]}
                                                      : data_word(log.data, 0));
        else if (log.topics[0] == kRoleGranted && log.topics.size() == 4 &&
                 is_minter_role(log.topics[1]))
            minter = address_in(log.topics[2]);
        if (!minter) return;
        Minting& token = tokens_.at({txn.chain, log.contract}, txn.time);
        token.granted = txn.time;
        token.minter = *minter;
        const Protocol* protocol = world.protocol_of(txn.chain, log.contract);
        out.push_back({.severity = protocol ? Severity::kHigh : Severity::kLow,
                       .stage = Stage::kPreparation,
                       .confidence = protocol ? 0.7 : 0.3,
                       .subject = log.contract,
                       .reason = format("{} may now mint {}{}.", text_of(txn, *minter),
                                        text_of(txn, log.contract),
                                        protocol ? " of " + protocol->name : std::string{}),
                       .next = "Ask who added the minter; remove it if nobody announced it.",
                       .related = {*minter, txn.activity->from},
                       .key = "grant"});
    }

    void burn(const TxnView& txn, const Address& token, const Amount& amount) {
        Minting& state = tokens_.at({txn.chain, token}, txn.time);
        state.minted = state.minted > amount ? state.minted - amount : Amount{};
    }

    void mint(const TxnView& txn, const World& world, const Address& token, const Amount& amount,
              Findings& out) {
        Minting& state = tokens_.at({txn.chain, token}, txn.time);
        const Minting before = state;
        state.minted = checked_add(state.minted, amount).value_or(Amount::max());
        state.largest = std::max(state.largest, amount);
        ++state.mints;
        if (bridge_of_token(world, txn.chain, token)) return;  // D21 asks whether it was paid for.
        const Asset asset = Asset::contract(token);
        const std::optional<Cents> usd = world.usd(txn.chain, asset, amount, txn.time);
        if (is_small(usd, least_usd_)) return;
        const Protocol* protocol = world.protocol_of(txn.chain, token);
        const bool young = before.granted != UnixMillis{} && txn.time - before.granted < grant_age_;
        // What was minted before the stream is not known: without a history only a protocol of
        // ours or a young minter makes a mint worth a word.
        const bool history = before.mints >= kEnoughMints;
        const bool outlier = history && amount.to_double() > times_ * before.largest.to_double();
        const bool large = history && ratio(amount, before.minted) >= share_ && outlier;
        if (!young && !outlier) return;
        Finding finding;
        finding.severity = young && (protocol || usd)   ? Severity::kCritical
                           : protocol || (usd && large) ? Severity::kHigh
                                                        : Severity::kMedium;
        finding.stage = Stage::kExploitation;
        finding.confidence = young ? 0.8 : 0.5;
        finding.subject = token;
        finding.reason = format(
            "{} were minted{}{}.", world.amount_text(txn.chain, asset, amount),
            young ? format(", {} seconds after {} was made a minter",
                           std::chrono::duration_cast<Seconds>(txn.time - before.granted).count(),
                           text_of(txn, before.minter))
                  : std::string{},
            outlier ? format(", {:.0f} times the largest of {} mints before",
                             ratio(amount, before.largest), before.mints)
                    : std::string{});
        finding.next = "Stop deposits of this token, pause its markets, revoke the minter.";
        finding.usd = usd;
        finding.related = {txn.activity->from};
        if (!before.minter.empty()) finding.related.push_back(before.minter);
        out.push_back(std::move(finding));
    }

    double share_, times_;
    Seconds grant_age_;
    double least_usd_;
    Keyed<TokenKey, Minting> tokens_{kTokens};
};

}  // namespace

Maker d19() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<AbnormalMint>(config);
            }};
}

}  // namespace cordon::detect
