// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "../event_source.hpp"
#include "../json_cursor.hpp"
#include "line_reader.hpp"
#include "rpc.hpp"

namespace cordon::chain {
namespace {

/// The four answers together, each of which may be as large as rpc.hpp takes.
constexpr std::size_t kMaxLine = 4 * JsonText::kMaxBytes;

class RpcBlocksSource final : public EventSource {
public:
    RpcBlocksSource(LineReader lines, std::string name, uint64_t total)
        : lines_{std::move(lines)}, name_{std::move(name)}, total_{total} {}

    Result<bool> read(FeedEvent& event) override {
        if (failed_) return fail(*failed_);
        auto more = next(event);
        if (!more) failed_ = more.error();
        return more;
    }
    uint64_t bytes_read() const noexcept override { return lines_.consumed(); }
    uint64_t bytes_total() const noexcept override { return total_; }
    std::vector<std::string> warnings() const override {
        if (missing_ == 0) return {};
        return {format("{}: of {} txns the node could not give calls or changes", name_, missing_)};
    }

private:
    Result<bool> next(FeedEvent& event) {
        while (true) {
            CORDON_TRY(const auto line, lines_.next());
            if (!line) return false;
            if (line->empty()) continue;
            const auto status = read_line(*line, event);
            if (!status) return fail(status.error().in(format("{}:{}", name_, lines_.line())));
            return true;
        }
    }

    Status read_line(std::string_view line, FeedEvent& event) {
        enum : std::size_t { kChain, kBlock, kReceipts, kCalls, kChanges };
        static constexpr std::string_view kNames[] = {"chain", "block", "receipts", "calls",
                                                      "changes"};
        std::string chain;
        evm::RpcBlockText text;
        CORDON_TRY(json_.open(line));
        CORDON_TRY(json_.walk([&](JsonCursor& object) -> Status {
            CORDON_TRY(object.members(kNames, [&](std::size_t name, JsonCursor& value) -> Status {
                CORDON_TRY(const bool absent, value.is_null());
                if (absent) return {};
                switch (name) {
                    case kChain: return into(chain, value.string());
                    case kBlock: return into(text.block, value.raw());
                    case kReceipts: return into(text.receipts, value.raw());
                    case kCalls: return into(text.calls, value.raw());
                    default: break;
                }
                return into(text.changes, value.raw());
            }));
            return {};
        }));
        if (chain.empty()) return fail(ErrorCode::kMalformed, "the key \"chain\" is missing");
        CORDON_TRY(const ChainId id, parse_chain(chain));
        CORDON_TRY(SeenBlock seen, evm::parse_rpc_block(id, text));
        missing_ += seen.activity.missing;
        event = std::move(seen);
        return order_.take(event);
    }

    LineReader lines_;
    std::string name_;
    uint64_t total_;
    JsonText json_{kMaxLine};
    BlockOrder order_;
    uint64_t missing_ = 0;
    std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<EventSource>> open_rpc_blocks(InputFile file) {
    CORDON_TRY(auto bytes, file.open());
    return std::make_unique<RpcBlocksSource>(LineReader{std::move(bytes), file.name, kMaxLine},
                                             file.name, file.size);
}

}  // namespace cordon::chain
