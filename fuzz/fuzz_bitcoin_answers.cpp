// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/feed/bitcoin_answers.hpp>

using namespace cordon;

/// Whatever a node answers, no amount is more than all coins.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    (void)feed::parse_bitcoin_network(text);
    (void)feed::parse_bitcoin_header(text);
    (void)feed::parse_bitcoin_mempool(text);
    (void)feed::read_bitcoin_mempool(text, [](const Hash256&, uint32_t) {});
    const auto amount = feed::parse_satoshi(text);
    CORDON_CHECK(!amount || *amount <= chain::kMaxMoney);
    (void)feed::read_bitcoin_prevouts(text, [](const OutPoint&, const TxOut& out) {
        CORDON_CHECK(out.value <= chain::kMaxMoney && !out.address.empty());
    });
    return 0;
}
