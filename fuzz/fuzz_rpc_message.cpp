// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>
#include <cordon/net/rpc_message.hpp>

using namespace cordon;

/// A message that parses gives results that parse again as they stand.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(data), size};
    const auto message = net::parse_rpc_message(text);
    if (message) {
        for (const net::RpcAnswer& answer : message->answers) {
            CORDON_CHECK(!answer.result.empty());
            CORDON_CHECK(!answer.fault || answer.result == "null");
        }
        for (const net::RpcNotice& notice : message->notices) CORDON_CHECK(!notice.result.empty());
    }
    const auto written = net::parse_json_string(net::json_string(text));
    CORDON_CHECK(!written || *written == text);  // Nothing but UTF-8 is a JSON text.
    return 0;
}
