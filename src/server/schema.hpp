// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include <cordon/base/result.hpp>

/// What a JSON value of the API looks like: written once, used to refuse what does not fit and to
/// write the OpenAPI document, so that the two cannot disagree. A subset of JSON Schema 2020-12.
namespace cordon::server {

struct Property;

/// Immutable and cheap to copy; any thread.
class Schema {
public:
    static Schema any(std::string about = {});  ///< Not looked at (an answer that others document).
    static Schema boolean(std::string about = {});
    static Schema integer(int64_t minimum, int64_t maximum, std::string about = {});
    static Schema number(double minimum, double maximum, std::string about = {});
    /// UTF-8 of at most so many code points. `pattern` is of RE2 and must fit all of the text.
    static Schema text(std::size_t longest, std::string about = {}, std::string pattern = {});
    static Schema choice(std::vector<std::string> values, std::string about = {});
    static Schema time(std::string about = {});    ///< RFC 3339.
    static Schema amount(std::string about = {});  ///< Decimal digits, below 2^256.
    static Schema array(Schema item, std::size_t most, std::string about = {});
    /// Other names than these are refused (of a request), or may come later (of an answer).
    static Schema object(std::vector<Property> properties, std::string about = {});
    static Schema or_null(Schema schema);

    /// kInvalidParam "/items/3/kind: expected ..., found ...": where (JSON Pointer, RFC 6901; left
    /// out for all of it), what was expected, what kind of thing was found, never its content.
    Status check(const boost::json::value& value) const;
    /// The same of a query parameter: numbers and true and false as text, arrays with commas.
    Status check_text(std::string_view text) const;
    /// Whether an object of it has a property of this name.
    bool has(std::string_view property) const noexcept;
    /// As JSON Schema.
    enum class Use : uint8_t { kRequest, kAnswer };
    boost::json::value json(Use use = Use::kRequest) const;

private:
    struct Impl;
    explicit Schema(std::shared_ptr<const Impl> impl);
    std::shared_ptr<const Impl> impl_;
};

struct Property {
    std::string name;
    Schema schema;
    bool required = false;
};
inline Property required(std::string name, Schema schema) {
    return {std::move(name), std::move(schema), true};
}
inline Property optional(std::string name, Schema schema) {
    return {std::move(name), std::move(schema), false};
}

}  // namespace cordon::server
