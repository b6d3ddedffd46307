// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sskr.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <cordon/base/format.hpp>
#include <cordon/wallet/ur/bytewords.hpp>
#include <cordon/wallet/ur/cbor.hpp>

namespace cordon::vault {
namespace {

constexpr uint64_t kTag = 40309, kOldTag = 309;  // IANA's registry of CBOR tags.
constexpr std::size_t kHead = 5;                 // Before the value.

/// A share as it is packed: identifier 16 bits, then nibbles.
struct Packed {
    uint16_t id = 0;
    unsigned group_threshold = 0, group_count = 0, group = 0, member_threshold = 0;
    std::size_t size = 0;
    ShamirShare share;
};

/// Wipes a value with secrets when its scope ends.
template <typename Text>
struct Wiped {
    Text text;
    ~Wiped() { wipe(text.data(), text.size()); }
};

std::string words_of(const Packed& packed) {
    Wiped<Bytes> content{};
    Bytes& bytes = content.text;
    bytes.reserve(kHead + kMaxShared);  // No copy of a secret stays behind in a freed block.
    for (const unsigned byte :
         {unsigned{packed.id} >> 8, unsigned{packed.id} & 0xffU,
          (packed.group_threshold - 1) << 4 | (packed.group_count - 1),
          packed.group << 4 | (packed.member_threshold - 1), unsigned{packed.share.x}})
        bytes.push_back(static_cast<uint8_t>(byte));
    const ByteView value = packed.share.y.view().first(packed.size);
    bytes.insert(bytes.end(), value.begin(), value.end());
    Wiped<Bytes> cbor{};
    cbor.text.reserve(kHead + kMaxShared + 16);
    wallet::append_cbor_head(cbor.text, wallet::CborType::kTag, kTag);
    wallet::append_cbor_bytes(cbor.text, bytes);
    return wallet::to_bytewords(cbor.text, wallet::WordStyle::kWords);
}

Result<Packed> unpack(ByteView content) {
    if (content.size() < kHead + kMinShared || content.size() > kHead + kMaxShared ||
        (content.size() - kHead) % 2 != 0)
        return fail(ErrorCode::kMalformed, "a share of a length that no secret has");
    Packed out;
    out.id = static_cast<uint16_t>(content[0] << 8 | content[1]);
    out.group_threshold = (content[2] >> 4) + 1U;
    out.group_count = (content[2] & 15U) + 1U;
    out.group = content[3] >> 4;
    out.member_threshold = (content[3] & 15U) + 1U;
    out.share.x = content[4];
    out.size = content.size() - kHead;
    std::copy(content.begin() + kHead, content.end(), out.share.y.bytes().begin());
    if (content[4] > 15) return fail(ErrorCode::kMalformed, "bits are set that must not be");
    if (out.group_threshold > out.group_count || out.group >= out.group_count)
        return fail(ErrorCode::kMalformed, "a share of a group that there is not");
    return out;
}

/// Words apart by one blank, in the text that is then wiped by the caller.
std::string tidy(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

Result<Packed> parse_share(std::string_view text) {
    const Wiped<std::string> words{tidy(text)};
    std::string_view body = words.text;
    std::optional<wallet::WordStyle> style;
    for (const std::string_view prefix :
         {"ur:sskr/", "UR:SSKR/", "ur:crypto-sskr/", "UR:CRYPTO-SSKR/"})
        if (body.starts_with(prefix)) {
            body.remove_prefix(prefix.size());
            style = wallet::WordStyle::kMinimal;
            break;
        }
    const bool tagged = !style;  // The type of a UR says what the tag says of words.
    auto parsed = wallet::parse_bytewords(body, style.value_or(wallet::WordStyle::kWords));
    if (!parsed) return fail(parsed.error());
    const Wiped<Bytes> cbor{std::move(*parsed)};
    wallet::CborReader reader{cbor.text};
    if (tagged) {
        CORDON_TRY(const uint64_t tag, reader.head(wallet::CborType::kTag));
        if (tag != kTag && tag != kOldTag)
            return fail(ErrorCode::kUnsupported, "words of something that is no share");
    }
    CORDON_TRY(const ByteView content, reader.byte_string());
    CORDON_TRY(reader.end());
    return unpack(content);
}

/// What all shares of a backup have in common, and all of a group.
bool same_backup(const Packed& a, const Packed& b) {
    return a.id == b.id && a.group_threshold == b.group_threshold &&
           a.group_count == b.group_count && a.size == b.size &&
           (a.group != b.group || a.member_threshold == b.member_threshold);
}

}  // namespace

Result<std::vector<SskrShare>> split_sskr(ByteView secret, const SskrPlan& plan,
                                          const Random& random) {
    const auto count = static_cast<unsigned>(plan.groups.size());
    auto outer = split_secret(secret, plan.threshold, count, random);
    if (!outer) return fail(outer.error().in("groups"));
    std::array<uint8_t, 2> id{};
    random(id);
    std::vector<SskrShare> out;
    for (unsigned group = 0; group < count; ++group) {
        const auto [threshold, members] = plan.groups[group];
        const ByteView value = (*outer)[group].y.view().first(secret.size());
        auto inner = split_secret(value, threshold, members, random);
        if (!inner) return fail(inner.error().in(format("group {}", group + 1)));
        for (const ShamirShare& share : *inner)
            out.push_back({group + 1, share.x + 1U,
                           words_of({static_cast<uint16_t>(id[0] << 8 | id[1]), plan.threshold,
                                     count, group, threshold, secret.size(), share})});
    }
    return out;
}

Result<Bytes> join_sskr(std::span<const std::string> shares) {
    std::vector<Packed> all;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        auto packed = parse_share(shares[i]);
        if (!packed) return fail(packed.error().in(format("share {}", i + 1)));
        const auto twin = std::ranges::find_if(all, [&](const Packed& other) {
            return other.group == packed->group && other.share.x == packed->share.x;
        });
        if (!all.empty() && !std::ranges::all_of(all, [&](const Packed& other) {
                return same_backup(other, *packed);
            }))
            return fail(ErrorCode::kConflict,
                        format("share {} is of another backup than those before", i + 1));
        if (twin == all.end()) {
            all.push_back(*packed);
        } else if (twin->share.y.bytes() != packed->share.y.bytes()) {
            return fail(
                ErrorCode::kConflict,
                format("share {} says it is one that is there already, and differs", i + 1));
        }
    }
    if (all.empty()) return fail(ErrorCode::kTruncated, "no shares");

    std::map<unsigned, std::vector<ShamirShare>> groups;
    for (const Packed& packed : all) groups[packed.group].push_back(packed.share);
    std::vector<ShamirShare> outer;
    std::string lacking;
    for (const auto& [group, members] : groups) {
        const auto of_group = std::ranges::find(all, group, &Packed::group);
        const unsigned needed = of_group->member_threshold;
        if (members.size() < needed) {
            lacking += format("; group {} has {} of {}", group + 1, members.size(), needed);
            continue;
        }
        auto value = join_secret(members, needed, all[0].size);
        if (!value) return fail(value.error().in(format("group {}", group + 1)));
        outer.push_back({static_cast<uint8_t>(group), *value});
    }
    if (outer.size() < all[0].group_threshold)
        return fail(ErrorCode::kTruncated, format("{} of {} groups are complete{}", outer.size(),
                                                  all[0].group_threshold, lacking));
    CORDON_TRY(const auto secret, join_secret(outer, all[0].group_threshold, all[0].size));
    const ByteView view = secret.view().first(all[0].size);
    return Bytes{view.begin(), view.end()};
}

}  // namespace cordon::vault
