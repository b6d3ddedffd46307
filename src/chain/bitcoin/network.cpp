// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/time.hpp>

#include "../text.hpp"

namespace cordon::chain {
namespace {

constexpr std::array<Network, 5> kNetworks{{
    {"mainnet",
     kBitcoin,
     {0xf9, 0xbe, 0xb4, 0xd9},
     "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
     1231006505,
     0x1d00ffff},
    {"testnet3",
     kBitcoinTestnet,
     {0x0b, 0x11, 0x09, 0x07},
     "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
     1296688602,
     0x1d00ffff},
    {"testnet4",
     kBitcoinTestnet,
     {0x1c, 0x16, 0x3f, 0x28},
     "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
     1714777860,
     0x1d00ffff},
    {"signet",
     kBitcoinTestnet,
     {0x0a, 0x03, 0xcf, 0x40},
     "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
     1598918400,
     0x1e0377ae},
    {"regtest",
     kBitcoinRegtest,
     {0xfa, 0xbf, 0xb5, 0xda},
     "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
     1296688602,
     0x207fffff},
}};

/// Heights and times of main net that everybody knows: genesis, the retarget and test blocks of
/// Bitcoin Core's own pow_tests, the switch to BIP-16, and the round numbers. Between two of them
/// blocks came evenly enough to interpolate.
struct Milestone {
    uint64_t height;
    int64_t time;
};
constexpr std::array<Milestone, 17> kMilestones{{
    {0, 1231006505},
    {30240, 1261130161},
    {32255, 1262152739},
    {68543, 1279297671},
    {100000, 1293623863},
    {173805, 1333238400},
    {200000, 1348310759},
    {210000, 1354116278},
    {300000, 1399703554},
    {400000, 1456417484},
    {420000, 1468082773},
    {500000, 1513622125},
    {600000, 1571443461},
    {630000, 1589225023},
    {700000, 1631333672},
    {800000, 1690168629},
    {840000, 1713571767},
}};

constexpr int64_t kBlockSeconds = 600;
constexpr uint32_t kMinimumBits = 0x1d00ffff;
// Block 32256 (30 December 2009) raised the difficulty of main net above 1, and it never came back.
constexpr int64_t kMainLeftMinimum = 1262304000;
// Since July 2011 the difficulty of main net has stayed above 1,000,000: the exponent of its target
// is 0x1a or less.
constexpr int64_t kMainLeftMillion = 1309478400;
constexpr uint32_t kMillionExponent = 0x1a;
// BIP-34 is enforced on main net from block 227,931 (24 March 2013) on.
constexpr int64_t kMainBip34 = 1364149200;
// No network has more blocks than one in 30 seconds since 2011 would give; anything above is a
// random push.
constexpr uint64_t kMaxHeight = 20'000'000;

uint64_t nominal_height(int64_t genesis_time, int64_t time) noexcept {
    return time <= genesis_time ? 0 : static_cast<uint64_t>((time - genesis_time) / kBlockSeconds);
}

uint64_t main_height(int64_t time) noexcept {
    const Milestone& last = kMilestones.back();
    if (time >= last.time) return last.height + nominal_height(last.time, time);
    for (std::size_t i = kMilestones.size() - 1; i > 0; --i) {
        const Milestone& from = kMilestones[i - 1];
        const Milestone& to = kMilestones[i];
        if (time < from.time) continue;
        return from.height + (to.height - from.height) * static_cast<uint64_t>(time - from.time) /
                                 static_cast<uint64_t>(to.time - from.time);
    }
    return 0;
}

std::string shown_time(int64_t seconds) { return format_rfc3339(from_unix_seconds(seconds)); }

Status wrong(ChainId chain, const HeaderView& header, std::string why) {
    return fail(ErrorCode::kWrongChain,
                format("block {} is not one of {}: {}", format_hash(kBitcoin, header.hash),
                       to_string(chain), why));
}

/// The easiest target and the earliest time among the networks of a chain.
struct Bounds {
    Amount easiest;
    int64_t earliest = INT64_MAX;
};
Bounds bounds_of(ChainId chain) noexcept {
    Bounds out;
    for (const Network& network : kNetworks) {
        if (network.chain != chain) continue;
        out.easiest =
            std::max(out.easiest, target_of_bits(network.pow_limit_bits).value_or(Amount{}));
        out.earliest = std::min(out.earliest, network.genesis_time);
    }
    return out;
}

Status check_main(const HeaderView& header, std::optional<uint64_t> height) {
    const bool minimum = header.bits == kMinimumBits && header.time >= kMainLeftMinimum;
    if (minimum || (header.bits >> 24 > kMillionExponent && header.time >= kMainLeftMillion))
        return wrong(kBitcoin, header,
                     format("its difficulty (bits {:08x}) is far below main net's at {}; a test "
                            "network's block?",
                            header.bits, shown_time(header.time)));
    if (height && header.time >= kMainBip34 && !plausible_height(kBitcoin, *height, header.time))
        return wrong(kBitcoin, header,
                     format("height {} (BIP-34) at {}, when main net was near {}", *height,
                            shown_time(header.time), main_height(header.time)));
    return {};
}

}  // namespace

std::span<const Network> networks() noexcept { return kNetworks; }

const Network* network_by_magic(ByteView magic) noexcept {
    for (const Network& network : kNetworks)
        if (magic.size() >= 4 &&
            std::equal(network.magic.begin(), network.magic.end(), magic.begin()))
            return &network;
    return nullptr;
}

const Network* network_by_genesis(const Hash256& hash) noexcept {
    static const std::array<Hash256, kNetworks.size()> kHashes = [] {
        std::array<Hash256, kNetworks.size()> hashes;
        for (std::size_t i = 0; i < kNetworks.size(); ++i)
            hashes[i] = parse_hash(kBitcoin, kNetworks[i].genesis).value_or(Hash256{});
        return hashes;
    }();
    for (std::size_t i = 0; i < kHashes.size(); ++i)
        if (kHashes[i] == hash) return &kNetworks[i];
    return nullptr;
}

Status check_network(ChainId chain, const HeaderView& header, std::optional<uint64_t> height) {
    for (const Hash256* hash : {&header.hash, &header.parent}) {
        const Network* network = network_by_genesis(*hash);
        if (network != nullptr && network->chain != chain)
            return wrong(chain, header,
                         format("it {} the first block of {}",
                                hash == &header.hash ? "is" : "follows", network->name));
    }
    const Bounds bounds = bounds_of(chain);
    const std::optional<Amount> target = target_of_bits(header.bits);
    if (target && *target > bounds.easiest)
        return wrong(
            chain, header,
            format("its target (bits {:08x}) is easier than the network allows", header.bits));
    if (chain == kBitcoinRegtest && target && *target != bounds.easiest)
        return wrong(
            chain, header,
            format("its target (bits {:08x}) is not the one of every regtest block", header.bits));
    if (header.time < bounds.earliest)
        return wrong(chain, header,
                     format("its time {} is before the network's first block ({})",
                            shown_time(header.time), shown_time(bounds.earliest)));
    return chain == kBitcoin ? check_main(header, height) : Status{};
}

bool plausible_height(ChainId chain, uint64_t height, int64_t time) noexcept {
    if (height == 0 || height > kMaxHeight) return false;
    if (chain != kBitcoin) return true;
    // Miners' clocks and luck: 5 % and 2,000 blocks (two weeks) are more than main net ever was
    // off.
    const uint64_t expected = main_height(time);
    const uint64_t slack = expected / 20 + 2000;
    return height + slack >= expected && height <= expected + slack;
}

BlockNum estimate_height(ChainId chain, int64_t time) noexcept {
    return chain == kBitcoin ? main_height(time) : nominal_height(bounds_of(chain).earliest, time);
}

}  // namespace cordon::chain
