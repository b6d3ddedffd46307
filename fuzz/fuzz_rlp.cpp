// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/chain/evm/rlp.hpp>

/// There is one encoding of everything: what parses is written back as the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const auto item = cordon::chain::parse_rlp({data, size});
    if (!item) return 0;
    const cordon::Bytes again = cordon::chain::encode_rlp(*item);
    CORDON_CHECK(std::equal(again.begin(), again.end(), data, data + size));
    (void)cordon::chain::rlp_number(*item);
    return 0;
}
