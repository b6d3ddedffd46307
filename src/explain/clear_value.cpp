// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_value.hpp"

#include <algorithm>
#include <charconv>

#include <cordon/base/format.hpp>

namespace cordon::explain {
namespace {

using Kind = ClearValue::Kind;
// Registry paths have at most six steps; the bound keeps hostile ones cheap.
constexpr std::size_t kMaxSteps = 32;

Result<std::optional<int64_t>> parse_bound(std::string_view text, std::string_view path) {
    if (text.empty()) return std::optional<int64_t>{};
    int32_t value = 0;  // No array or text of a payload comes near its limits.
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::kMalformed,
                    format("path \"{}\": \"{}\" is no index", path.substr(0, 200), text));
    return std::optional<int64_t>{value};
}

Result<ClearStep> parse_brackets(std::string_view inside, std::string_view path) {
    ClearStep step;
    const std::size_t colon = inside.find(':');
    step.kind = inside.empty() || colon != std::string_view::npos ? ClearStep::Kind::kSlice
                                                                  : ClearStep::Kind::kIndex;
    CORDON_TRY(step.from, parse_bound(inside.substr(0, colon), path));
    if (colon != std::string_view::npos) {
        CORDON_TRY(step.to, parse_bound(inside.substr(colon + 1), path));
    }
    return step;
}

/// A bound of a slice as a place in `size` things. Past the ends is at the ends, as in RFC 9535.
std::size_t place(int64_t bound, std::size_t size) noexcept {
    const auto length = static_cast<int64_t>(size);
    return static_cast<std::size_t>(
        std::clamp(bound < 0 ? bound + length : bound, int64_t{0}, length));
}

struct Range {
    std::size_t begin, end;
};
Range range_of(const ClearStep& step, std::size_t size) noexcept {
    const std::size_t begin = place(step.from.value_or(0), size);
    const std::size_t end = step.to ? place(*step.to, size) : size;
    return {begin, std::max(begin, end)};
}

Result<std::size_t> index_of(const ClearStep& step, std::size_t size) {
    const int64_t wanted = *step.from < 0 ? *step.from + static_cast<int64_t>(size) : *step.from;
    if (wanted < 0 || static_cast<std::size_t>(wanted) >= size)
        return fail(ErrorCode::kNotFound, format("no element {} of {}", *step.from, size));
    return static_cast<std::size_t>(wanted);
}

Bytes bytes_of(const ClearValue& value) {
    if (value.kind == Kind::kUint || value.kind == Kind::kInt) {
        const auto word = value.number.to_big_endian();
        return {word.begin(), word.end()};
    }
    return value.bytes;
}

Result<ClearValue> part_of(const ClearValue& value, const ClearStep& step) {
    if (value.kind == Kind::kTuple || value.kind == Kind::kBool)
        return fail(ErrorCode::kMalformed, "a part of what has none");
    const Bytes all = bytes_of(value);
    ClearValue part;
    part.kind = value.kind == Kind::kString ? Kind::kString : Kind::kBytes;
    Range range{};
    if (step.kind == ClearStep::Kind::kIndex) {
        CORDON_TRY(range.begin, index_of(step, all.size()));
        range.end = range.begin + 1;
    } else {
        range = range_of(step, all.size());
    }
    part.bytes.assign(all.begin() + static_cast<std::ptrdiff_t>(range.begin),
                      all.begin() + static_cast<std::ptrdiff_t>(range.end));
    return part;
}

/// Walks a path; at every array that is gone through whole it asks `choose` for an element.
class Expander {
public:
    Expander(const ClearPath& path, const std::vector<std::size_t>& first, std::size_t most)
        : path_{path}, first_{first}, most_{most} {}

    Status walk(const ClearValue& value, std::size_t step) {
        if (step == path_.steps.size()) {
            if (value.kind == Kind::kArray) return each(value, {0, value.items.size()}, step);
            if (found.size() == most_)
                return fail(ErrorCode::kLimit, format("more than {} values", most_));
            found.push_back(indices_);
            return {};
        }
        const ClearStep& here = path_.steps[step];
        if (here.kind == ClearStep::Kind::kName) {
            const ClearValue* next = value.member(here.name);
            if (next == nullptr)
                return fail(ErrorCode::kNotFound, format("no field \"{}\"", here.name));
            return walk(*next, step + 1);
        }
        if (value.kind == Kind::kArray) {
            if (here.kind == ClearStep::Kind::kSlice)
                return each(value, range_of(here, value.items.size()), step + 1);
            CORDON_TRY(const std::size_t at, index_of(here, value.items.size()));
            return walk(value.items[at], step + 1);
        }
        CORDON_TRY(const ClearValue part, part_of(value, here));
        return walk(part, step + 1);
    }

    std::vector<std::vector<std::size_t>> found;

private:
    Status each(const ClearValue& value, Range range, std::size_t step) {
        std::size_t from = range.begin;
        if (indices_.size() < first_.size()) {
            from += first_[indices_.size()];
            range.end = std::min(range.end, from + 1);
        }
        for (std::size_t i = from; i < range.end; ++i) {
            indices_.push_back(i - range.begin);
            CORDON_TRY(walk(value.items[i], step));
            indices_.pop_back();
        }
        return {};
    }

    const ClearPath& path_;
    const std::vector<std::size_t>& first_;
    std::size_t most_;
    std::vector<std::size_t> indices_;
};

}  // namespace

const ClearValue* ClearValue::member(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return &items[i];
    return nullptr;
}

ClearValue ClearValue::uint(const Amount& number) {
    ClearValue value;
    value.kind = Kind::kUint;
    value.number = number;
    return value;
}

ClearValue ClearValue::address(ByteView bytes) {
    ClearValue value;
    value.kind = Kind::kAddress;
    value.bytes.assign(bytes.begin(), bytes.end());
    return value;
}

ClearValue ClearValue::text(std::string_view text) {
    ClearValue value;
    value.kind = Kind::kString;
    value.bytes.assign(text.begin(), text.end());
    return value;
}

namespace {

Kind kind_of(chain::AbiType::Kind kind) noexcept {
    using Abi = chain::AbiType::Kind;
    switch (kind) {
        case Abi::kUint: return Kind::kUint;
        case Abi::kInt: return Kind::kInt;
        case Abi::kBool: return Kind::kBool;
        case Abi::kAddress: return Kind::kAddress;
        case Abi::kFixedBytes:
        case Abi::kBytes: return Kind::kBytes;
        case Abi::kString: return Kind::kString;
        case Abi::kArray: return Kind::kArray;
        case Abi::kTuple: break;
    }
    return Kind::kTuple;
}

/// What AbiValue and TypedValue have alike.
template <typename Value>
ClearValue leaf(chain::AbiType::Kind kind, const Value& value) {
    ClearValue out;
    out.kind = kind_of(kind);
    out.number = value.number;
    if (out.kind == Kind::kAddress) return ClearValue::address(value.address.payload());
    out.bytes.assign(value.bytes.begin(), value.bytes.end());
    return out;
}

}  // namespace

ClearValue named_value(const chain::AbiType& type, const chain::AbiValue& value) {
    ClearValue out = leaf(type.kind, value);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const bool tuple = out.kind == Kind::kTuple;
        const chain::AbiType& part = type.parts[tuple ? i : 0];
        if (tuple) out.names.push_back(part.name);
        out.items.push_back(named_value(part, value.items[i]));
    }
    return out;
}

ClearValue named_value(const chain::TypedValue& value) {
    ClearValue out = leaf(value.kind, value);
    for (const chain::TypedValue& item : value.items) {
        if (out.kind == Kind::kTuple) out.names.push_back(item.name);
        out.items.push_back(named_value(item));
    }
    return out;
}

Result<ClearPath> parse_clear_path(std::string_view text) {
    ClearPath path;
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorCode::kMalformed, format("path \"{}\": {}", text.substr(0, 200), why));
    };
    std::string_view rest = text;
    if (!rest.empty() && (rest[0] == '#' || rest[0] == '@' || rest[0] == '$')) {
        path.root = rest[0];
        rest.remove_prefix(1);
        if (!rest.empty() && rest[0] == '.') rest.remove_prefix(1);
    }
    while (!rest.empty()) {
        if (path.steps.size() == kMaxSteps)
            return fail(ErrorCode::kLimit, "a path with too many steps");
        if (rest[0] == '[') {
            const std::size_t end = rest.find(']');
            if (end == std::string_view::npos) return refuse("a bracket stays open");
            CORDON_TRY(path.steps.emplace_back(), parse_brackets(rest.substr(1, end - 1), text));
            rest.remove_prefix(end + 1);
        } else {
            const std::size_t end = std::min(rest.find_first_of(".["), rest.size());
            if (end == 0) return refuse("a step without a name");
            path.steps.push_back(
                {ClearStep::Kind::kName, std::string{rest.substr(0, end)}, {}, {}});
            rest.remove_prefix(end);
        }
        if (rest.empty()) break;
        if (rest[0] == '.') {
            rest.remove_prefix(1);
            if (rest.empty()) return refuse("it ends with a dot");
        } else if (rest[0] != '[') {
            return refuse("a dot is missing");
        }
    }
    return path;
}

Result<ClearValue> pick(const ClearValue& root, const ClearPath& path,
                        const std::vector<std::size_t>& indices) {
    const ClearValue* at = &root;
    ClearValue part;  // What `at` points to once a part was cut out.
    std::size_t used = 0;
    const auto element = [&](std::size_t begin, std::size_t end) -> Status {
        if (used == indices.size())
            return fail(ErrorCode::kMalformed, "a list where one value is needed");
        const std::size_t index = begin + indices[used++];
        if (index >= end) return fail(ErrorCode::kNotFound, "lists of unequal length");
        at = &at->items[index];
        return {};
    };
    for (const ClearStep& step : path.steps) {
        if (step.kind == ClearStep::Kind::kName) {
            const ClearValue* next = at->member(step.name);
            if (next == nullptr)
                return fail(ErrorCode::kNotFound, format("no field \"{}\"", step.name));
            at = next;
        } else if (at->kind != Kind::kArray) {
            CORDON_TRY(part, part_of(*at, step));
            at = &part;
        } else if (step.kind == ClearStep::Kind::kIndex) {
            CORDON_TRY(const std::size_t index, index_of(step, at->items.size()));
            at = &at->items[index];
        } else {
            const Range range = range_of(step, at->items.size());
            CORDON_TRY(element(range.begin, range.end));
        }
    }
    while (at->kind == Kind::kArray) CORDON_TRY(element(0, at->items.size()));
    return *at;
}

Result<std::vector<std::vector<std::size_t>>> expand(const ClearValue& root, const ClearPath& path,
                                                     const std::vector<std::size_t>& first,
                                                     std::size_t most) {
    Expander expander{path, first, most};
    CORDON_TRY(expander.walk(root, 0));
    return std::move(expander.found);
}

}  // namespace cordon::explain
