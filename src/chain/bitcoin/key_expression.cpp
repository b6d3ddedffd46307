// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "key_expression.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "base58.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kMaxBranches = 16;  // BIP-389 sets no bound; wallets use two.
constexpr std::size_t kWifSizes[] = {33, 34};

/// A private key in wallet import form, so that a person learns what is wrong with it.
bool looks_secret(std::string_view text) {
    const Result<Bytes> bytes = parse_base58check(text);
    return bytes && std::find(std::begin(kWifSizes), std::end(kWifSizes), bytes->size()) !=
                        std::end(kWifSizes);
}

Result<std::vector<uint32_t>> parse_step(std::string_view text) {
    if (!text.starts_with('<')) return parse_path(text);
    if (!text.ends_with('>')) return fail(ErrorCode::kMalformed, "a < without its >");
    text = text.substr(1, text.size() - 2);
    std::vector<uint32_t> out;
    while (true) {
        const std::size_t end = std::min(text.find(';'), text.size());
        CORDON_TRY(const std::vector<uint32_t> one, parse_path(text.substr(0, end)));
        if (one.size() != 1 || std::find(out.begin(), out.end(), one[0]) != out.end())
            return fail(ErrorCode::kMalformed, "expected different steps between < and >");
        out.push_back(one[0]);
        if (end == text.size()) break;
        text.remove_prefix(end + 1);
    }
    if (out.size() < 2 || out.size() > kMaxBranches)
        return fail(ErrorCode::kMalformed, format("{} steps between < and >", out.size()));
    return out;
}

}  // namespace

Result<KeyExpression> KeyExpression::parse(std::string_view text, bool x_only) {
    KeyExpression out;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || end < 9)
            return fail(ErrorCode::kMalformed, "a key origin without its end");
        Fingerprint32 fingerprint;
        CORDON_TRY(parse_hex_into(text.substr(1, 8), fingerprint));
        const std::string_view steps = text.substr(9, end - 9);
        if (!steps.empty() && (steps[0] != '/' || steps.size() == 1))
            return fail(ErrorCode::kMalformed, "a key origin with something else than steps");
        if (!steps.empty()) {
            CORDON_TRY(out.origin_path_, parse_path(steps.substr(1)));
        }
        out.fingerprint_ = fingerprint;
        text.remove_prefix(end + 1);
    }
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string_view name = text.substr(0, slash);
    std::string_view steps = text.substr(slash);
    if (const Result<Bytes> bytes = parse_hex(name); bytes && !name.empty()) {
        if (!steps.empty()) return fail(ErrorCode::kMalformed, "steps from a single key");
        const bool x = bytes->size() == 32;
        if (x && !x_only) return fail(ErrorCode::kMalformed, "a key of 32 bytes outside taproot");
        CORDON_TRY(out.single_,
                   x ? crypto::PublicKey::parse_x_only(*bytes) : crypto::PublicKey::parse(*bytes));
        out.compressed_ = bytes->size() != 65;
        out.label_ = out.fingerprint_ ? to_hex(*out.fingerprint_) : std::string{name.substr(0, 8)};
        return out;
    }
    if (looks_secret(name))
        return fail(ErrorCode::kUnsupported,
                    "a PRIVATE key: it must not be here; use the public one");
    CORDON_TRY(ExtKey key, parse_ext_key(name));
    if (!out.fingerprint_) out.fingerprint_ = fingerprint_of(key.key);
    out.label_ = to_hex(*out.fingerprint_);
    out.bases_.push_back(std::move(key));
    out.steps_.emplace_back();
    while (!steps.empty()) {
        steps.remove_prefix(1);
        const std::size_t end = std::min(steps.find('/'), steps.size());
        const std::string_view step = steps.substr(0, end);
        steps.remove_prefix(end);
        if (step.starts_with('*')) {
            if (step != "*" || !steps.empty())
                return fail(ErrorCode::kUnsupported,
                            "a range of hardened steps, or not at the end, needs the private key");
            out.ranged_ = true;
            break;
        }
        CORDON_TRY(const std::vector<uint32_t> choices, parse_step(step));
        if (choices.empty() || (choices.size() > 1 && out.bases_.size() > 1))
            return fail(ErrorCode::kMalformed, "expected one step, or one <..> in all");
        std::vector<ExtKey> next;
        std::vector<std::vector<uint32_t>> next_steps;
        for (const uint32_t choice : choices)
            for (std::size_t i = 0; i < out.bases_.size(); ++i) {
                CORDON_TRY(next.emplace_back(out.bases_[i]), child_of(out.bases_[i], choice));
                next_steps.push_back(out.steps_[i]);
                next_steps.back().push_back(choice);
            }
        out.bases_ = std::move(next);
        out.steps_ = std::move(next_steps);
    }
    return out;
}

Result<crypto::PublicKey> KeyExpression::derive(std::size_t branch, uint32_t index) const {
    if (single_) return *single_;
    const ExtKey& base = bases_[bases_.size() == 1 ? 0 : branch];
    if (!ranged_) return base.key;
    CORDON_TRY(const ExtKey child, child_of(base, index));
    return child.key;
}

std::vector<uint32_t> KeyExpression::path(std::size_t branch, uint32_t index) const {
    std::vector<uint32_t> out = origin_path_;
    if (single_) return out;
    const std::vector<uint32_t>& steps = steps_[steps_.size() == 1 ? 0 : branch];
    out.insert(out.end(), steps.begin(), steps.end());
    if (ranged_) out.push_back(index);
    return out;
}

}  // namespace cordon::chain
