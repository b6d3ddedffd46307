// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/trace/link_source.hpp>

namespace cordon::patterns {

/// A symbol as the eye reads it: lower case, without blanks, signs and zero-width characters,
/// digits and letters of other alphabets that look like Latin ones replaced by these ("U5D\u0422"
/// and "USDT." are both "usdt").
std::string skeleton(std::string_view symbol);

/// Finds tokens that only pretend to be money (docs/patterns/counterfeit.md): listed as
/// counterfeit, or not verified and shown with the symbol of a verified asset of the chain. A token
/// that nobody lists is not judged.
class Counterfeit final : public trace::LinkSource {
public:
    bool is_worthless(ChainId chain, const Asset& asset,
                      const trace::Context& context) const override;
};

}  // namespace cordon::patterns
