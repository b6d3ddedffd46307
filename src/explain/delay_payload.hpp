// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/chain/evm/delay_module.hpp>

#include "context.hpp"
#include "explanation.hpp"

/// What is signed for a Safe behind a Delay, with what the Delay was made of: its address follows
/// from that (CREATE2), so who has nothing but the payload knows what it is
/// (docs/formats/delay.md).
namespace cordon::explain {

struct DelayPayload {
    Address safe;   ///< Owner, avatar and target of the Delay.
    Address delay;  ///< Computed.
    chain::DelaySetup setup;
    std::string type;  ///< "safe" or "evm": of `data`.
    Address by;        ///< Whose key signs an "evm"; of a "safe" the Safe.
    std::string data;  ///< As `explain TYPE` takes it.
};

/// {"delay":{"safe":A,"cooldown":S,"expiration":S,"salt":N},"type":"safe","data":{…}}, or with
/// "type":"evm","by":A,"data":"0x…". Strict: no other names. kMalformed with the field;
/// kUnsupported for another type; kInvalidParam for a Delay that delays nothing.
Result<DelayPayload> parse_delay_payload(std::string_view json);

/// What the payload does, as `explain` of its type tells it, and what that means for who queues,
/// how long it waits, what is cancelled. R12 holds for one act alone: a payment of the Safe that is
/// queued, a queuer added or taken out (`to` of the request), the Delay enabled in the Safe,
/// cancelling, passing over what is void (`to`: the Delay); of these the request's amount is 0.
Result<std::vector<Explanation>> explain_delay(std::string_view json, const Context& context);

}  // namespace cordon::explain
