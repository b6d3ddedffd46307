// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>

namespace cordon::explain {

/// What is read of a payload at most: no wallet takes more, and reading it stays bounded.
inline constexpr std::size_t kMaxPayload = std::size_t{16} << 20;

/// The objects of a text, each as it stands: one, several one after the other, or those of an
/// array. kMalformed with the offset; kLimit beyond kMaxPayload.
Result<std::vector<std::string_view>> split_objects(std::string_view text);

/// The same, read. kMalformed with the offset; kDuplicate for a name that comes twice; kLimit also
/// for more than 32 levels.
Result<std::vector<boost::json::object>> parse_objects(std::string_view text);

/// The fields of a JSON object by any of several names. Errors name the field.
class Fields {
public:
    /// Lifetime: `object` must outlive it. `what` is said in errors: "Safe transaction".
    Fields(const boost::json::object& object, std::string_view what)
        : object_{object}, what_{what} {}

    using Names = std::initializer_list<std::string_view>;
    /// nullptr when none of the names is there, or it is null.
    const boost::json::value* find(Names names) const;

    /// An EVM address; mixed case must pass EIP-55. Nothing when absent.
    Result<std::optional<Address>> address(Names names) const;
    /// A whole number: JSON number, decimal or 0x text. Nothing when absent.
    Result<std::optional<Amount>> number(Names names) const;
    Result<std::optional<uint64_t>> small(Names names) const;
    /// 0x hex. Nothing when absent.
    Result<std::optional<Bytes>> bytes(Names names) const;
    Result<std::optional<Hash256>> hash(Names names) const;
    Result<std::optional<std::string>> text(Names names) const;

    /// kMalformed: "Safe transaction: field to: …".
    tl::unexpected<Error> refuse(std::string_view name, std::string_view why) const;

private:
    const boost::json::object& object_;
    std::string_view what_;
};

}  // namespace cordon::explain
