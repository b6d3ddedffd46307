// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "head_log.hpp"

#include <cordon/base/format.hpp>

#include "block_codec.hpp"

namespace cordon::ledger {
namespace {

tl::unexpected<Error> corrupt(const std::string& name, const std::string& what) {
    return fail(ErrorCode::kCorrupt,
                format("{}: {}; restore this ledger from a copy or ingest it anew", name, what));
}

}  // namespace

Result<std::vector<LoggedBlock>> replay(const LogContent& log, const std::string& name) {
    std::vector<LoggedBlock> blocks;
    for (std::size_t i = 0; i < log.records.size(); ++i) {
        Decoder in{log.records[i]};
        const uint8_t type = in.u8();
        if (type == static_cast<uint8_t>(RecordType::kRewind)) {
            const BlockNum first_bad = in.varint();
            while (in.ok() && !blocks.empty() && blocks.back().number >= first_bad)
                blocks.pop_back();
        } else if (type == static_cast<uint8_t>(RecordType::kAppend)) {
            const uint32_t count = in.u32();
            for (uint32_t n = 0; n < count && in.ok(); ++n) {
                const uint32_t size = in.u32();
                const ByteView bytes = in.bytes(size);
                Decoder block{bytes};
                const BlockNum number = block.varint();
                if (!block.ok() || (!blocks.empty() && number <= blocks.back().number)) in.fail();
                blocks.push_back({number, bytes});
            }
        } else {
            in.fail();
        }
        if (!in.ok() || in.left() != 0)
            return corrupt(name, format("record {} does not decode", i));
    }
    return blocks;
}

Status decode_block(const LoggedBlock& logged, ChainId chain, const std::string& name, Block& out) {
    Decoder in{logged.bytes};
    take_block(in, chain, out);
    if (!in.ok() || in.left() != 0)
        return corrupt(name, format("block {} does not decode", logged.number));
    return {};
}

}  // namespace cordon::ledger
