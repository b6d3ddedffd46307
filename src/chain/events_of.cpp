// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "event_source.hpp"

namespace cordon::chain {

SeenBlock& block_in(FeedEvent& event) {
    if (auto* seen = std::get_if<SeenBlock>(&event)) {
        seen->activity = {};
        return *seen;
    }
    return event.emplace<SeenBlock>();
}

namespace {

class BlockEvents final : public EventSource {
public:
    explicit BlockEvents(std::unique_ptr<BlockSource> blocks) : blocks_{std::move(blocks)} {}

    Result<bool> read(FeedEvent& event) override { return blocks_->read(block_in(event).block); }
    uint64_t bytes_read() const noexcept override { return blocks_->bytes_read(); }
    uint64_t bytes_total() const noexcept override { return blocks_->bytes_total(); }
    std::vector<std::string> warnings() const override { return blocks_->warnings(); }

private:
    std::unique_ptr<BlockSource> blocks_;
};

}  // namespace

std::unique_ptr<EventSource> events_of(std::unique_ptr<BlockSource> blocks) {
    return std::make_unique<BlockEvents>(std::move(blocks));
}

}  // namespace cordon::chain
