// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <iostream>
#include <string>

#include "ops.hpp"

namespace {

using cordon::Error;
using cordon::ErrorCode;
using cordon::conform::Op;
namespace json = boost::json;

json::object answer(const json::value& id, const cordon::Result<json::value>& out) {
    json::object reply;
    reply["id"] = id;
    reply["ok"] = out.has_value();
    if (out) {
        reply["out"] = *out;
    } else {
        reply["code"] = cordon::to_string(out.error().code);
        reply["message"] = out.error().message;
    }
    return reply;
}

json::object handle(const std::string& line) {
    json::error_code error;
    const json::value request = json::parse(line, error);
    if (error || !request.is_object())
        return answer(nullptr,
                      cordon::fail(ErrorCode::kMalformed, "expected one JSON object a line"));
    const json::object& object = request.get_object();
    const json::value* id = object.if_contains("id");
    const json::value* name = object.if_contains("op");
    const json::value shown = id == nullptr ? json::value{} : *id;
    if (name == nullptr || !name->is_string())
        return answer(shown,
                      cordon::fail(ErrorCode::kInvalidParam, "expected a string in field op"));
    const Op op = cordon::conform::find_op(name->get_string());
    if (op == nullptr)
        return answer(shown, cordon::fail(ErrorCode::kUnsupported,
                                          "unknown op; tests/conform/README.md lists them"));
    return answer(shown, op(object));
}

}  // namespace

int main(int argc, char**) {
    if (argc != 1) {
        std::fputs(
            "conform takes no arguments: JSON lines on standard input, see "
            "tests/conform/README.md\n",
            stderr);
        return 2;
    }
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);)
        std::cout << json::serialize(handle(line)) << std::endl;
}
