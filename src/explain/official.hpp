// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <cordon/model/address.hpp>

namespace cordon::explain {

/// A contract of the Safe as released. What it does under DELEGATECALL is known, because its code
/// is: it is at this address on no chain but with this code (deterministic deployment).
struct Official {
    enum class Kind : uint8_t {
        kSingleton,
        kSingletonL2,        ///< The singleton with more events.
        kMultiSend,          ///< Its parts may be delegatecalls.
        kMultiSendCallOnly,  ///< Its parts are calls; a delegatecall makes it fail.
        kSignMessageLib,
        kCreateCall,
        kMigration,      ///< Puts the singleton of its own version behind the Safe.
        kToL2Migration,  ///< Puts a singleton of the caller's choice behind the Safe.
        kToL2Setup,      ///< Puts the L2 singleton behind a Safe that is being made.
        kHandler,        ///< A fallback handler.
    };
    std::string_view address;  ///< 40 hex digits, lower case.
    Kind kind{};
    std::string_view version;     ///< "1.4.1".
    std::string_view deployment;  ///< "canonical", "eip155", "zksync": by which deployer.
};

/// "MultiSendCallOnly 1.4.1".
std::string to_string(const Official& official);

/// Sorted by address.
std::span<const Official> official_contracts() noexcept;
const Official* find_official(const Address& address) noexcept;
/// Of a version and deployment; the canonical one where that deployment has none of its own.
/// nullptr when there is none.
const Official* find_official(Official::Kind kind, std::string_view version,
                              std::string_view deployment) noexcept;
/// The bytes of its address.
Address address_of(const Official& official);

}  // namespace cordon::explain
