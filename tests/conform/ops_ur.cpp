// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/vault/backup/sskr.hpp>
#include <cordon/wallet/ur/bytewords.hpp>
#include <cordon/wallet/ur/ur.hpp>

#include "ops.hpp"

namespace cordon::conform {
namespace {

constexpr uint64_t kMost = 1 << 20;  // Of anything that a question counts.

template <typename Make>
json::array listed(uint64_t count, Make make) {
    json::array out;
    for (uint64_t i = 0; i < count; ++i) out.emplace_back(make(i));
    return out;
}

template <typename Numbers>
json::array numbers(const Numbers& all) {
    return listed(all.size(), [&](uint64_t i) { return uint64_t{all[i]}; });
}

/// `seed` in hex.
Result<wallet::Xoshiro256> random_field(const json::object& request) {
    CORDON_TRY(const Bytes seed, hex_field(request, "seed"));
    return wallet::Xoshiro256{seed};
}

Result<wallet::WordStyle> style_field(const json::object& request) {
    CORDON_TRY(const std::string_view style, text_field(request, "style"));
    if (style == "standard") return wallet::WordStyle::kWords;
    if (style == "uri") return wallet::WordStyle::kUri;
    if (style == "minimal") return wallet::WordStyle::kMinimal;
    return fail(ErrorCode::kInvalidParam, "field style: standard, uri or minimal");
}

json::object part_of(const wallet::FountainPart& part) {
    return {{"number", part.number},     {"count", part.count},
            {"size", part.size},         {"checksum", part.checksum},
            {"data", to_hex(part.data)}, {"cbor", to_hex(wallet::format_part(part))}};
}

}  // namespace

Result<json::value> op_crc32(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    return json::value(format("{:08x}", wallet::crc32(bytes)));
}

Result<json::value> op_bytewords(const json::object& request) {
    CORDON_TRY(const wallet::WordStyle style, style_field(request));
    if (request.contains("hex")) {
        CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
        return json::value(wallet::to_bytewords(bytes, style));
    }
    CORDON_TRY(const std::string_view text, text_field(request, "text"));
    CORDON_TRY(const Bytes bytes, wallet::parse_bytewords(text, style));
    return json::value(to_hex(bytes));
}

Result<json::value> op_ur_random(const json::object& request) {
    CORDON_TRY(wallet::Xoshiro256 random, random_field(request));
    CORDON_TRY(const uint64_t count, number_field(request, "count", kMost));
    if (!request.contains("below"))
        return listed(count, [&](uint64_t) { return format("{}", random.next()); });
    CORDON_TRY(const uint64_t below, number_field(request, "below", kMost));
    return listed(count, [&](uint64_t) { return uint64_t{random.next_below(below)}; });
}

Result<json::value> op_ur_sample(const json::object& request) {
    CORDON_TRY(wallet::Xoshiro256 random, random_field(request));
    CORDON_TRY(const uint64_t count, number_field(request, "count", kMost));
    const json::value* weights = request.if_contains("weights");
    if (weights == nullptr || !weights->is_array() || weights->get_array().empty())
        return fail(ErrorCode::kInvalidParam, "field weights: expected a list");
    std::vector<double> all;
    for (const json::value& weight : weights->get_array())
        all.push_back(weight.to_number<double>());
    const wallet::AliasSampler sampler{all};
    return listed(count, [&](uint64_t) { return uint64_t{sampler.next(random)}; });
}

Result<json::value> op_ur_shuffle(const json::object& request) {
    CORDON_TRY(wallet::Xoshiro256 random, random_field(request));
    CORDON_TRY(const uint64_t size, number_field(request, "size", kMost));
    CORDON_TRY(const uint64_t rounds, number_field(request, "rounds", kMost));
    return listed(rounds, [&](uint64_t) { return numbers(wallet::shuffled(size, size, random)); });
}

Result<json::value> op_ur_degree(const json::object& request) {
    CORDON_TRY(wallet::Xoshiro256 random, random_field(request));
    CORDON_TRY(const uint64_t count, number_field(request, "count", wallet::kMaxFragments));
    return uint64_t{wallet::Mixing{count, 0}.degree(random)};
}

Result<json::value> op_ur_mixed(const json::object& request) {
    CORDON_TRY(const uint64_t count, number_field(request, "count", wallet::kMaxFragments));
    CORDON_TRY(const Bytes message, hex_field(request, "hex"));
    CORDON_TRY(const uint64_t number, number_field(request, "number", UINT32_MAX));
    auto mixed =
        wallet::Mixing{count, wallet::crc32(message)}.fragments(static_cast<uint32_t>(number));
    std::sort(mixed.begin(), mixed.end());
    return numbers(mixed);
}

Result<json::value> op_ur_fragment_length(const json::object& request) {
    CORDON_TRY(const uint64_t size, number_field(request, "size", kMost));
    CORDON_TRY(const uint64_t shortest, number_field(request, "shortest", kMost));
    CORDON_TRY(const uint64_t longest, number_field(request, "longest", kMost));
    return uint64_t{wallet::fragment_length(size, longest, shortest)};
}

/// Of a message as it is, or of `content` as a byte string: `parts` from number `first`.
Result<json::value> op_ur_encode(const json::object& request) {
    CORDON_TRY(const std::string_view type, text_field(request, "type"));
    CORDON_TRY(const uint64_t longest, number_field(request, "longest", kMost));
    CORDON_TRY(const uint64_t first, number_field(request, "first", UINT32_MAX));
    CORDON_TRY(const uint64_t count, number_field(request, "parts", kMost));
    const bool plain = request.contains("content");
    CORDON_TRY(const Bytes bytes, hex_field(request, plain ? "content" : "hex"));
    wallet::Ur ur{std::string{type}, bytes};
    if (plain) {
        CORDON_TRY(ur, wallet::make_ur(type, bytes));
    }
    CORDON_TRY(const auto encoder, wallet::UrEncoder::make(ur, longest));
    CORDON_TRY(const auto fountain, wallet::FountainEncoder::make(ur.cbor, longest));
    const auto made = [&](uint64_t i) {
        const auto number = static_cast<uint32_t>(first + i);
        json::object out = part_of(fountain.part(number));
        out["text"] = encoder.part(number);
        return out;
    };
    return listed(count, made);
}

Result<json::value> op_ur_decode(const json::object& request) {
    const json::value* parts = request.if_contains("parts");
    if (parts == nullptr || !parts->is_array())
        return fail(ErrorCode::kInvalidParam, "field parts: expected a list");
    wallet::UrDecoder decoder;
    uint64_t used = 0;
    for (const json::value& part : parts->get_array()) {
        if (decoder.done()) break;
        if (!part.is_string()) return fail(ErrorCode::kInvalidParam, "field parts: expected texts");
        CORDON_TRY(decoder.receive(std::string_view{part.get_string()}));
        ++used;
    }
    if (!decoder.done()) return fail(ErrorCode::kTruncated, "the message is not whole");
    return json::object{
        {"type", decoder.ur().type}, {"hex", to_hex(decoder.ur().cbor)}, {"used", used}};
}

Result<json::value> op_sskr_join(const json::object& request) {
    const json::value* shares = request.if_contains("shares");
    if (shares == nullptr || !shares->is_array())
        return fail(ErrorCode::kInvalidParam, "field shares: expected a list");
    std::vector<std::string> all;
    for (const json::value& share : shares->get_array()) {
        if (!share.is_string())
            return fail(ErrorCode::kInvalidParam, "field shares: expected texts");
        all.emplace_back(share.get_string());
    }
    CORDON_TRY(const Bytes secret, vault::join_sskr(all));
    return json::value(to_hex(secret));
}

Result<json::value> op_ur_part(const json::object& request) {
    CORDON_TRY(const Bytes cbor, hex_field(request, "hex"));
    CORDON_TRY(const wallet::FountainPart part, wallet::parse_part(cbor));
    return part_of(part);
}

}  // namespace cordon::conform
