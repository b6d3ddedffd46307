// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Bodies and queries of the API: what does not fit is refused by a place that can be looked up, and
// what fits fits again when it is written anew.
#include <boost/json.hpp>
#include <cstdlib>

#include <cordon/server/encoding.hpp>
#include <cordon/server/query.hpp>
#include <cordon/server/schema.hpp>

using namespace cordon;
using server::Schema;

namespace {

/// All kinds of value, as deep as bodies go.
Schema deep() {
    const Schema leaf = Schema::object({server::required("kind", Schema::choice({"in", "out"})),
                                        server::optional("amount", Schema::amount()),
                                        server::optional("time", Schema::time()),
                                        server::optional("note", Schema::text(40))});
    Schema schema = leaf;
    for (int i = 0; i < 4; ++i)
        schema = Schema::object(
            {server::required("items", Schema::array(schema, 4)),
             server::optional("id", Schema::text(16, "", "[a-z]+(-[0-9]+)*")),
             server::optional("share", Schema::number(0, 1)),
             server::optional("limit", Schema::or_null(Schema::integer(-5, 500))),
             server::optional("open", Schema::boolean()), server::optional("any", Schema::any())});
    return schema;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    static const Schema schema = deep();
    static const std::vector<server::Parameter> parameters{
        {"q", Schema::text(20), ""},
        {"limit", Schema::integer(1, 500), ""},
        {"topics", Schema::array(Schema::choice({"a", "b"}), 2), ""}};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    static_cast<void>(server::read_query(text, parameters));
    static_cast<void>(server::pick_coding(text));
    static_cast<void>(server::has_etag(text, "ab"));
    const std::string mended = server::as_utf8(std::string{text});
    if (server::as_utf8(mended) != mended) std::abort();

    boost::system::error_code error;
    const boost::json::value body = boost::json::parse({text.data(), text.size()}, error);
    if (error) return 0;
    const Status status = schema.check(body);
    if (status) {
        if (!schema.check(boost::json::parse(boost::json::serialize(body)))) std::abort();
        return 0;
    }
    const std::string& message = status.error().message;
    if (status.error().code != ErrorCode::kInvalidParam) std::abort();
    if (!message.starts_with('/') || message.find("is required") != std::string::npos) return 0;
    if (body.find_pointer(message.substr(0, message.find(": ")), error) == nullptr) std::abort();
    return 0;
}
