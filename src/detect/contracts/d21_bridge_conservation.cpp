// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "evidence.hpp"
#include "guarded.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"share", "A gap of this part of what is locked or more.", 0.0001, 0, 1},
    {"least_usd", "A priced gap below it says nothing, in USD.", 50'000, 0, 1e12},
};

constexpr Descriptor kDescriptor{.id = "D21",
                                 .name = "bridge-conservation",
                                 .title = "A bridge pays out what nobody paid in",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets,
                                 .parameters = kParameters};

constexpr uint64_t kBooks = 1U << 14;
/// Sums of assets with different decimals are compared in units of 10^-18.
constexpr unsigned kCommonDecimals = 18;

/// One asset of one bridge over all chains. Symbols are cut: 16 letters tell assets apart.
struct BookKey {
    uint32_t bridge = 0;  ///< Place in the configuration.
    std::array<char, 16> symbol{};
    friend auto operator<=>(const BookKey&, const BookKey&) = default;
};

/// Paid in and burned on one side, paid out and minted on the other: since the stream began.
struct Book {
    Amount in, out;
    UnixMillis open_since{};  ///< Since when more went out than in; 0: it did not.
    ChainId chain;
    Address contract;  ///< Of the largest payment since then.
    Asset asset;
    Amount largest;
    Hash256 txn;
    bool told = false;
    ChainId seen_on;         ///< Where the asset moved first.
    bool has_sides = false;  ///< It moved elsewhere too, or was minted or burned.
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::BookKey> {
    std::size_t operator()(const cordon::detect::BookKey& key) const noexcept {
        return std::hash<std::string_view>{}({key.symbol.data(), key.symbol.size()}) ^ key.bridge;
    }
};

namespace cordon::detect {
namespace {

/// What a bridge owes on one side it must hold on the other: mints without a lock and unlocks
/// without a burn both leave more going out than came in (Wormhole, BNB Bridge, Ronin, Nomad).
/// Honest messages do so too until the other side is seen, which is what the wait is for.
class BridgeConservation final : public Detector {
public:
    explicit BridgeConservation(const WatchConfig& config)
        : share_{parameter(kDescriptor, config, "share")},
          least_usd_{parameter(kDescriptor, config, "least_usd")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&books_}; }

    void on_txn(const TxnView& txn, const World& world, Findings&) override {
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            if (transfer.kind == TransferKind::kFee) continue;
            const bool minted = transfer.from.is_zero() && !transfer.asset.is_native();
            const bool burned = transfer.to.is_zero() && !transfer.asset.is_native();
            const Address token = minted || burned ? contract_of(transfer.asset) : Address{};
            const WatchedBridge* from = minted ? bridge_of_token(world, txn.chain, token)
                                               : world.bridge_of(txn.chain, transfer.from);
            const WatchedBridge* to = burned ? bridge_of_token(world, txn.chain, token)
                                             : world.bridge_of(txn.chain, transfer.to);
            if (from == to) continue;  // Neither, or within one.
            if (from) enter(txn, world, *from, transfer, false);
            if (to) enter(txn, world, *to, transfer, true);
        }
    }

    void on_block_end(ChainId, const BlockHeader& header, const World& world,
                      Findings& out) override {
        if (!header.time || books_.size() == 0) return;
        for (const BookKey& key : books_.keys()) {
            const Book* book = books_.find(key);
            // Of what is paid out where nobody sees the other side, no sum can be right.
            if (book->told || !book->has_sides || book->open_since == UnixMillis{}) continue;
            const WatchedBridge& bridge = world.config().bridges[key.bridge];
            if (*header.time - book->open_since < bridge.finality) continue;
            judge(key, *book, bridge, *header.time, world, out);
        }
    }

private:
    static Address contract_of(const Asset& asset) {
        // "0x" and 40 digits, as Asset has them.
        if (!asset.is_contract()) return {};
        std::array<uint8_t, 20> bytes{};
        const std::string_view text = asset.text();
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const auto digit = [&](std::size_t at) {
                const char c = text[at];
                return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
            };
            bytes[i] = static_cast<uint8_t>(digit(2 + 2 * i) << 4 | digit(3 + 2 * i));
        }
        return {AddressKind::kEvm, bytes};
    }
    static Amount common(const Amount& amount, unsigned decimals) {
        Amount factor{1U};
        for (unsigned i = std::min(decimals, kCommonDecimals);
             i < std::max(decimals, kCommonDecimals); ++i)
            factor *= Amount{10U};
        if (decimals > kCommonDecimals) return mul_div(amount, Amount{1U}, factor);
        if (amount.bit_width() + factor.bit_width() > 256) return Amount::max();
        return amount * factor;
    }

    void enter(const TxnView& txn, const World& world, const WatchedBridge& bridge,
               const Transfer& transfer, bool in) {
        BookKey key;
        key.bridge = static_cast<uint32_t>(&bridge - world.config().bridges.data());
        const std::optional<AssetInfo> info = world.knowledge().asset(txn.chain, transfer.asset);
        std::string symbol{transfer.asset.is_native() ? native_symbol(txn.chain)
                                                      : transfer.asset.text()};
        unsigned decimals =
            transfer.asset.is_native() ? native_decimals(txn.chain) : kCommonDecimals;
        if (info) {
            symbol = info->symbol;
            decimals = info->decimals;
        }
        std::copy_n(symbol.begin(), std::min(symbol.size(), key.symbol.size()), key.symbol.begin());
        if (decimals > 77) return;  // No asset has them; 10^77 is the most that fits.
        const Amount amount = common(transfer.amount, decimals);
        Book& book = books_.at(key, txn.time);
        if (book.in.is_zero() && book.out.is_zero()) book.seen_on = txn.chain;
        // A token of the bridge's own stands for what is held on the other side.
        if (txn.chain != book.seen_on || transfer.from.is_zero() || transfer.to.is_zero())
            book.has_sides = true;
        Amount& sum = in ? book.in : book.out;
        sum = checked_add(sum, amount).value_or(Amount::max());
        if (book.out <= book.in) {
            book.open_since = UnixMillis{};
            book.largest = {};
            book.told = false;
            return;
        }
        if (in) return;
        if (book.open_since == UnixMillis{}) book.open_since = txn.time;
        if (amount < book.largest) return;
        book.largest = amount;
        book.chain = txn.chain;
        book.contract = transfer.from.is_zero() ? contract_of(transfer.asset) : transfer.from;
        book.asset = transfer.asset;
        book.txn = txn.hash;
    }

    void judge(const BookKey& key, const Book& book, const WatchedBridge& bridge, UnixMillis time,
               const World& world, Findings& out) {
        const Amount gap = book.out - book.in;
        const double part = ratio(gap, book.out);
        const std::optional<Cents> one = world.usd(book.chain, book.asset, book.largest, time);
        // The largest payment out stands for the gap where it is priced.
        if (is_small(one, least_usd_) || part < share_) return;
        if (bridge.value && one &&
            static_cast<double>(*one) < share_ * static_cast<double>(*bridge.value))
            return;
        Book& mine = books_.at(key, time);
        mine.told = true;
        const Book now = mine;
        const std::string symbol{key.symbol.data(), strnlen(key.symbol.data(), key.symbol.size())};
        out.push_back(
            {.severity = Severity::kCritical,
             .stage = Stage::kExploitation,
             .confidence = 0.9,
             .subject = now.contract,
             .reason = format("Bridge {}: {} {} more went out than came in, for {} seconds; the "
                              "largest payment out was {} {}.",
                              bridge.name, format_units(gap, kCommonDecimals), symbol,
                              std::chrono::duration_cast<Seconds>(time - now.open_since).count(),
                              format_units(now.largest, kCommonDecimals), symbol),
             .next = "Pause the bridge on all chains; ask which message was paid out.",
             .usd = one,
             .txns = {now.txn},
             .key = symbol});
    }

    double share_, least_usd_;
    Keyed<BookKey, Book> books_{kBooks};
};

}  // namespace

Maker d21() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<BridgeConservation>(config);
            }};
}

}  // namespace cordon::detect
