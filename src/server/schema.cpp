// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include <re2/re2.h>

#include <cordon/base/amount.hpp>
#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/time.hpp>
#include <cordon/base/unicode.hpp>

namespace cordon::server {

namespace json = boost::json;

namespace {

enum class Kind : uint8_t {
    kAny,
    kBoolean,
    kInteger,
    kNumber,
    kText,
    kChoice,
    kTime,
    kAmount,
    kArray,
    kObject
};

/// Text without a pattern of its own: anything but control characters, which no name, reason or
/// note needs and terminals obey; tab and line ends are no harm.
constexpr const char* kPlainText = R"([^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*)";
constexpr const char* kPlainTextJson =
    R"(^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$)";  // As ECMA-262 writes it.

/// Integers that a double holds exactly: 2^53.
constexpr double kExact = 9007199254740992.0;

std::string_view kind_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null: return "null";
        case json::kind::bool_: return "a boolean";
        case json::kind::int64:
        case json::kind::uint64:
        case json::kind::double_: return "a number";
        case json::kind::string: return "text";
        case json::kind::array: return "an array";
        case json::kind::object: return "an object";
    }
    return "";
}

/// "~" and "/" in a name, as RFC 6901 §3 writes them.
std::string pointer_part(std::string_view name) {
    std::string out = "/";
    for (const char c : name) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

/// A name from outside that may be said again: a plain word of moderate length.
bool is_plain_name(std::string_view name) {
    constexpr std::size_t kLongest = 64;
    return name.size() <= kLongest &&
           name.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") ==
               std::string_view::npos;
}

tl::unexpected<Error> refuse(const std::string& where, std::string_view what) {
    return fail(ErrorCode::kInvalidParam,
                where.empty() ? std::string{what} : format("{}: {}", where, what));
}

std::optional<std::size_t> characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        const std::size_t size = utf8_length(text);
        if (size == 0) return std::nullopt;
        text.remove_prefix(size);
    }
    return count;
}

template <typename Number>
std::optional<Number> parsed(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

struct Schema::Impl {
    Kind kind = Kind::kAny;
    std::string about = {};
    bool null = false;
    int64_t least = 0, most = 0;            // Of integers.
    double lowest = 0, highest = 0;         // Of numbers.
    std::size_t longest = 0;                // Of text and arrays.
    std::string pattern = {};               // As it was given.
    std::shared_ptr<const RE2> regex = {};  // Shared by all copies, like all of this; may be null.
    std::vector<std::string> values = {};
    std::vector<Schema> item = {};  // One, of an array.
    std::vector<Property> properties = {};

    std::string expected() const;
    std::optional<int64_t> integer(const json::value& value) const;
    bool fits(const json::value& value) const;
    Status check(const json::value& value, const std::string& where) const;
    Status check_object(const json::object& object, const std::string& where) const;
    Result<json::value> read(std::string_view text) const;
};

Schema::Schema(std::shared_ptr<const Impl> impl) : impl_{std::move(impl)} {}

Schema Schema::any(std::string about) {
    return Schema{std::make_shared<Impl>(Impl{.kind = Kind::kAny, .about = std::move(about)})};
}
Schema Schema::boolean(std::string about) {
    return Schema{std::make_shared<Impl>(Impl{.kind = Kind::kBoolean, .about = std::move(about)})};
}
Schema Schema::integer(int64_t minimum, int64_t maximum, std::string about) {
    return Schema{std::make_shared<Impl>(Impl{
        .kind = Kind::kInteger, .about = std::move(about), .least = minimum, .most = maximum})};
}
Schema Schema::number(double minimum, double maximum, std::string about) {
    return Schema{std::make_shared<Impl>(Impl{
        .kind = Kind::kNumber, .about = std::move(about), .lowest = minimum, .highest = maximum})};
}
Schema Schema::text(std::size_t longest, std::string about, std::string pattern) {
    auto regex = std::make_shared<const RE2>(pattern.empty() ? std::string{kPlainText} : pattern);
    CORDON_CHECK(regex->ok() && "a pattern of our own");
    return Schema{std::make_shared<Impl>(Impl{.kind = Kind::kText,
                                              .about = std::move(about),
                                              .longest = longest,
                                              .pattern = std::move(pattern),
                                              .regex = std::move(regex)})};
}
Schema Schema::choice(std::vector<std::string> values, std::string about) {
    return Schema{std::make_shared<Impl>(
        Impl{.kind = Kind::kChoice, .about = std::move(about), .values = std::move(values)})};
}
Schema Schema::time(std::string about) {
    return Schema{std::make_shared<Impl>(Impl{.kind = Kind::kTime, .about = std::move(about)})};
}
Schema Schema::amount(std::string about) {
    return Schema{std::make_shared<Impl>(Impl{.kind = Kind::kAmount, .about = std::move(about)})};
}
Schema Schema::array(Schema item, std::size_t most, std::string about) {
    return Schema{std::make_shared<Impl>(Impl{.kind = Kind::kArray,
                                              .about = std::move(about),
                                              .longest = most,
                                              .item = {std::move(item)}})};
}
Schema Schema::object(std::vector<Property> properties, std::string about) {
    return Schema{std::make_shared<Impl>(Impl{
        .kind = Kind::kObject, .about = std::move(about), .properties = std::move(properties)})};
}
Schema Schema::or_null(Schema schema) {
    auto impl = std::make_shared<Impl>(*schema.impl_);
    impl->null = true;
    return Schema{std::move(impl)};
}

std::string Schema::Impl::expected() const {
    switch (kind) {
        case Kind::kAny: return "anything";
        case Kind::kBoolean: return "true or false";
        case Kind::kInteger: return format("a whole number from {} to {}", least, most);
        case Kind::kNumber: return format("a number from {} to {}", lowest, highest);
        case Kind::kText:
            return pattern.empty()
                       ? format("text of at most {} characters, without control characters",
                                longest)
                       : format("text of at most {} characters like {}", longest, pattern);
        case Kind::kChoice: return format("one of {}", fmt::join(values, ", "));
        case Kind::kTime: return "a time like 2024-05-31T04:26:00Z (RFC 3339)";
        case Kind::kAmount: return "an amount: decimal digits in a string, below 2^256";
        case Kind::kArray: return format("an array of at most {}", longest);
        case Kind::kObject: return "an object";
    }
    return "";
}

/// JSON Schema counts 1.0 as an integer.
std::optional<int64_t> Schema::Impl::integer(const json::value& value) const {
    if (value.is_int64()) return value.get_int64();
    if (value.is_double()) {
        const double number = value.get_double();
        if (std::abs(number) <= kExact && std::trunc(number) == number)
            return static_cast<int64_t>(number);
    }
    return std::nullopt;  // Of uint64 boost::json makes only what does not fit int64.
}

/// All but what is inside of arrays and objects.
bool Schema::Impl::fits(const json::value& value) const {
    const std::string_view text =
        value.is_string() ? std::string_view{value.get_string().data(), value.get_string().size()}
                          : std::string_view{};
    switch (kind) {
        case Kind::kAny: return true;
        case Kind::kBoolean: return value.is_bool();
        case Kind::kInteger: {
            const auto number = integer(value);
            return number && *number >= least && *number <= most;
        }
        case Kind::kNumber: {
            if (!value.is_number()) return false;
            const auto number = value.to_number<double>();
            return number >= lowest && number <= highest;
        }
        case Kind::kText: {
            if (!value.is_string()) return false;
            const auto count = characters(text);
            return count && *count <= longest &&
                   RE2::FullMatch(re2::StringPiece{text.data(), text.size()}, *regex);
        }
        case Kind::kChoice:
            return value.is_string() &&
                   std::find(values.begin(), values.end(), text) != values.end();
        case Kind::kTime:
            return value.is_string() && text.find('T') != std::string_view::npos &&
                   parse_time(text).has_value();
        case Kind::kAmount: {
            // Shorter texts are all that 2^256 needs; a leading zero would be a second spelling.
            constexpr std::size_t kDigits = 78;
            return value.is_string() && !text.empty() && text.size() <= kDigits &&
                   (text.size() == 1 || text.front() != '0') && Amount::parse(text).has_value();
        }
        case Kind::kArray: return value.is_array() && value.get_array().size() <= longest;
        case Kind::kObject: return value.is_object();
    }
    return false;
}

/// Goes as deep as the schema, whatever the value.
Status Schema::Impl::check(const json::value& value, const std::string& where) const {
    if (null && value.is_null()) return {};
    if (!fits(value))
        return refuse(where, format("expected {}, found {}", expected(), [&]() -> std::string {
                          if (kind == Kind::kArray && value.is_array())
                              return format("{}", value.get_array().size());
                          return std::string{kind_of(value)};
                      }()));
    if (kind == Kind::kArray) {
        std::size_t number = 0;
        for (const json::value& inner : value.get_array())
            CORDON_TRY(item.front().impl_->check(inner, format("{}/{}", where, number++)));
    }
    if (kind == Kind::kObject) return check_object(value.get_object(), where);
    return {};
}

Status Schema::Impl::check_object(const json::object& object, const std::string& where) const {
    for (const Property& property : properties) {
        const json::value* inner = object.if_contains(property.name);
        if (inner != nullptr)
            CORDON_TRY(property.schema.impl_->check(*inner, where + pointer_part(property.name)));
        else if (property.required)
            return refuse(where + pointer_part(property.name), "is required, found nothing");
    }
    for (const auto& [key, inner] : object) {
        const std::string_view name{key.data(), key.size()};
        const bool known = std::any_of(properties.begin(), properties.end(),
                                       [&](const Property& p) { return p.name == name; });
        if (known) continue;
        return is_plain_name(name)
                   ? refuse(where + pointer_part(name), "nothing of this name is known here")
                   : refuse(where, "expected only names that are known here");
    }
    return {};
}

Result<json::value> Schema::Impl::read(std::string_view text) const {
    const auto refused = [&] {
        return refuse("", format("expected {}, found other text", expected()));
    };
    switch (kind) {
        case Kind::kBoolean:
            if (text == "true") return json::value(true);
            if (text == "false") return json::value(false);
            return refused();
        case Kind::kInteger:
            if (const auto number = parsed<int64_t>(text)) return json::value(*number);
            return refused();
        case Kind::kNumber:
            if (const auto number = parsed<double>(text)) return json::value(*number);
            return refused();
        case Kind::kArray: {
            json::array out;
            while (!text.empty()) {
                if (out.size() == longest) return refused();
                const std::size_t comma = std::min(text.find(','), text.size());
                CORDON_TRY(json::value inner, item.front().impl_->read(text.substr(0, comma)));
                out.push_back(std::move(inner));
                text.remove_prefix(std::min(comma + 1, text.size()));
            }
            return json::value(std::move(out));
        }
        case Kind::kObject: return refused();
        default: return json::value(json::string{text});
    }
}

bool Schema::has(std::string_view property) const noexcept {
    return std::any_of(impl_->properties.begin(), impl_->properties.end(),
                       [&](const Property& each) { return each.name == property; });
}

Status Schema::check(const json::value& value) const { return impl_->check(value, ""); }

Status Schema::check_text(std::string_view text) const {
    CORDON_TRY(const json::value value, impl_->read(text));
    return impl_->check(value, "");
}

json::value Schema::json(Use use) const {
    const Impl& it = *impl_;
    json::object out;
    const auto type = [&](const char* name) {
        if (it.null)
            out["type"] = json::array{name, "null"};
        else
            out["type"] = name;
    };
    switch (it.kind) {
        case Kind::kAny: break;
        case Kind::kBoolean: type("boolean"); break;
        case Kind::kInteger:
            type("integer");
            out["minimum"] = it.least;
            out["maximum"] = it.most;
            break;
        case Kind::kNumber:
            type("number");
            out["minimum"] = it.lowest;
            out["maximum"] = it.highest;
            break;
        case Kind::kText:
            type("string");
            out["maxLength"] = it.longest;
            out["pattern"] = it.pattern.empty() ? kPlainTextJson : format("^(?:{})$", it.pattern);
            break;
        case Kind::kChoice: {
            type("string");
            json::array values;
            for (const std::string& value : it.values) values.emplace_back(value);
            if (it.null) values.emplace_back(nullptr);
            out["enum"] = std::move(values);
            break;
        }
        case Kind::kTime:
            type("string");
            out["format"] = "date-time";
            break;
        case Kind::kAmount:
            type("string");
            out["pattern"] = "^(?:0|[1-9][0-9]{0,77})$";
            break;
        case Kind::kArray:
            type("array");
            out["items"] = it.item.front().json(use);
            out["maxItems"] = it.longest;
            break;
        case Kind::kObject: {
            type("object");
            json::object properties;
            json::array needed;
            for (const Property& property : it.properties) {
                properties[property.name] = property.schema.json(use);
                if (property.required) needed.emplace_back(property.name);
            }
            out["properties"] = std::move(properties);
            if (!needed.empty()) out["required"] = std::move(needed);
            if (use == Use::kRequest) out["additionalProperties"] = false;
            break;
        }
    }
    if (!it.about.empty()) out["description"] = it.about;
    return out;
}

}  // namespace cordon::server
