// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include <cordon/chain/evm/typed_data.hpp>

#include "walk.hpp"

namespace cordon::explain {

/// A signed structure whose meaning is known.
struct TypedReader {
    std::string_view type;  ///< The primary type.
    /// False when the members are not those of the type that is meant: somebody else's of the same
    /// name. `call.from` is who signs, `call.to` the verifying contract.
    bool (*read)(Walk&, const Call&, const chain::TypedData&);
};
std::span<const TypedReader> typed_readers() noexcept;

}  // namespace cordon::explain
