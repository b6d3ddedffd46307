// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <map>

#include <cordon/base/format.hpp>

#include "event_source.hpp"
#include "events_reader.hpp"
#include "evm/line_reader.hpp"

namespace cordon::chain {

Status BlockOrder::take(const FeedEvent& event) {
    if (const auto* back = std::get_if<Rewind>(&event)) {
        const auto last = last_.find(back->chain);
        if (last != last_.end()) last->second = std::min(last->second, back->keep);
        return {};
    }
    const auto* seen = std::get_if<SeenBlock>(&event);
    if (seen == nullptr) return {};
    const BlockNum number = seen->block.header.number;
    const auto [last, fresh] = last_.try_emplace(seen->block.chain, number);
    if (!fresh && number <= last->second)
        return fail(ErrorCode::kOrder,
                    format("block {} of {} comes after block {}, without a rewind", number,
                           to_string(seen->block.chain), last->second));
    last->second = number;
    return {};
}

namespace {

class EventsSource final : public EventSource {
public:
    EventsSource(LineReader lines, std::string name, uint64_t total)
        : lines_{std::move(lines)}, name_{std::move(name)}, total_{total} {}

    Result<bool> read(FeedEvent& event) override {
        if (failed_) return fail(*failed_);
        auto more = next(event);
        if (!more) failed_ = more.error();
        return more;
    }
    uint64_t bytes_read() const noexcept override { return lines_.consumed(); }
    uint64_t bytes_total() const noexcept override { return total_; }

private:
    Result<bool> next(FeedEvent& event) {
        while (true) {
            CORDON_TRY(const auto line, lines_.next());
            if (!line) return false;
            if (line->empty()) continue;
            const auto here = [&](const Error& error) {
                return fail(error.in(format("{}:{}", name_, lines_.line())));
            };
            auto read = reader_.read(*line);
            if (!read) return here(read.error());
            event = std::move(*read);
            if (const auto status = order_.take(event); !status) return here(status.error());
            return true;
        }
    }

    LineReader lines_;
    std::string name_;
    uint64_t total_;
    EventReader reader_;
    BlockOrder order_;
    std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<EventSource>> open_events(InputFile file) {
    CORDON_TRY(auto bytes, file.open());
    return std::make_unique<EventsSource>(
        LineReader{std::move(bytes), file.name, JsonText::kMaxBytes}, file.name, file.size);
}

}  // namespace cordon::chain
