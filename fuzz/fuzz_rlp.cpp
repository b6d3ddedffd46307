// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/chain/evm/rlp.hpp>

namespace {

/// What is read item by item is what the tree holds.
void check_reader(const cordon::chain::RlpItem& list) {
    auto reader = cordon::chain::items_of(list);
    for (const auto& item : list.items) {
        const auto read = reader.next();
        CORDON_CHECK(read && read->is_list == item.is_list && read->offset == item.offset &&
                     read->bytes.data() == item.bytes.data());
        if (item.is_list) check_reader(item);
    }
    CORDON_CHECK(reader.done());
}

}  // namespace

/// There is one encoding of everything: what parses is written back as the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const auto item = cordon::chain::parse_rlp({data, size});
    if (!item) return 0;
    const cordon::Bytes again = cordon::chain::encode_rlp(*item);
    CORDON_CHECK(std::equal(again.begin(), again.end(), data, data + size));
    (void)cordon::chain::rlp_number(*item);
    if (item->is_list) check_reader(*item);
    return 0;
}
