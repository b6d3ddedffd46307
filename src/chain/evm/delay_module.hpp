// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>

#include "abi.hpp"

/// The Delay modifier of Zodiac: a module of a Safe that does what it is told a time later, one
/// after the other. Its calls, and how one is made (docs/formats/delay.md).
namespace cordon::chain {

/// What setUp(bytes) of a Delay is given. All seconds.
struct DelaySetup {
    Address owner;   ///< Who may cancel and change it.
    Address avatar;  ///< In whose name it acts.
    Address target;  ///< Who is told to act: the avatar, or a module before it.
    Amount cooldown;
    Amount expiration;  ///< After the cooldown; nothing: never.
    friend bool operator==(const DelaySetup&, const DelaySetup&) = default;
};

/// Delay 1.0.1, and the factory that makes proxies of it: both made with the ERC-2470 factory, and
/// so at one address on all chains where they are.
Address delay_master_copy();
Address module_proxy_factory();

/// A call: the selector of `signature` and its arguments. kInvalidParam when they do not fit.
Result<Bytes> encode_abi_call(std::string_view signature, const AbiValue& arguments);

/// The call setUp(bytes).
Result<Bytes> encode_delay_setup(const DelaySetup& setup);
/// Nothing when it is not that call, whole, in its one encoding.
std::optional<DelaySetup> decode_delay_setup(ByteView call);

/// Where deployModule(masterCopy, initializer, saltNonce) of `factory` puts the proxy. The
/// initializer is part of the salt: nobody else can put another one there.
Address module_proxy_address(const Address& factory, const Address& master_copy,
                             ByteView initializer, const Amount& salt);

}  // namespace cordon::chain
