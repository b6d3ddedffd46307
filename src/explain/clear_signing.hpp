// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/chain/evm/typed_data.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

#include "clear_descriptor.hpp"
#include "context.hpp"
#include "explanation.hpp"

/// Clear signing (ERC-7730): what the makers of a contract say that a call of it means, as the
/// screens of a hardware wallet would show it. Words only: nothing here lowers a finding.
namespace cordon::explain {

/// A call as its txn, or the call around it, carries it.
struct ClearCall {
    ChainId chain;
    std::optional<Address> from;
    Address to;
    Amount value;
    ByteView data;
};

struct ClearScreens {
    std::string descriptor;  ///< The document that says so.
    std::string owner;       ///< Who it says to be behind the contract.
    std::string intent;      ///< "Swap".
    std::string sentence;    ///< The intent with its values; empty when the descriptor has none.
    std::vector<Screen> screens;
    std::vector<std::string> left_out;  ///< Arguments that the descriptor never shows.
    std::vector<std::string> warnings;  ///< Why the words may not fit, one sentence each.
};

/// All screens of a txn in the order of a device: with whom, what, on which network (when it is not
/// Ethereum's main one), for which fee at most.
std::vector<Screen> txn_screens(const ClearScreens& screens, ChainId chain, const Amount& most_fee);

class ClearSigning {
public:
    explicit ClearSigning(ClearRegistry registry);

    /// kNotFound when no descriptor is bound to the call. Other errors: one is, and does not fit
    /// the payload; nothing of it may be shown then.
    Result<ClearScreens> call(const ClearCall& call, const Context& context) const {
        return call_at(call, context, 0);
    }
    /// `from` is who is asked to sign, when known. The specification binds a message by chain and
    /// contract and by what its domain says. Wallets show the words when only the name or version
    /// of the domain differs; so do we, with a warning, since saying less protects nobody.
    Result<ClearScreens> message(const chain::TypedData& message,
                                 const std::optional<Address>& from, const Context& context) const;

    /// As call(), `depth` calls inside another one.
    Result<ClearScreens> call_at(const ClearCall& call, const Context& context,
                                 std::size_t depth) const;

    const ClearRegistry& registry() const noexcept { return registry_; }

private:
    ClearRegistry registry_;
    // By chain and address; several descriptors may be bound to one contract.
    std::multimap<std::pair<uint64_t, std::string>, std::size_t> calls_;
    std::vector<std::size_t> messages_;
};

/// The words for a call or a message, when the context has descriptors: adds screens and what the
/// descriptor leaves out. Never touches effects, findings or the verdict. Whether there were words.
bool add_clear_words(Explanation& out, const Context& context, const ClearCall& call,
                     const std::string& where);
bool add_clear_words(Explanation& out, const Context& context, const chain::TypedData& message);

}  // namespace cordon::explain
