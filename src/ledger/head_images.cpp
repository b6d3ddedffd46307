// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "head_images.hpp"

namespace cordon::ledger {

Status HeadImages::show(const Head& head, ChainView& view) {
    std::size_t first = images_.empty() ? 0 : images_.back().end;
    const std::size_t end = head.blocks.size();
    // Empty blocks cost something too.
    const auto weight_from = [&](std::size_t block) {
        return head.end().rows - head.at(block).rows + (end - block);
    };
    while (first < end && !images_.empty() &&
           weight_from(images_.back().first) - weight_from(first) <= 2 * weight_from(first)) {
        first = images_.back().first;
        images_.pop_back();
    }
    if (first < end) {
        CORDON_TRY(Image image, make_image(head, first, end));
        images_.push_back({first, end, std::move(image)});
    }
    for (const Entry& entry : images_) {
        view.parts.push_back(entry.image.part);
        view.runs.push_back(entry.image.run);
    }
    return {};
}

Status HeadImages::truncate(std::size_t blocks) {
    while (!images_.empty() && images_.back().first >= blocks) images_.pop_back();
    if (images_.empty() || images_.back().end <= blocks) return {};
    Entry& last = images_.back();
    last.end = blocks;
    CORDON_TRY(last.image.part,
               make_part(last.image.part.segment, static_cast<uint32_t>(blocks - last.first)));
    last.image.run.end = last.image.part.end;
    return {};
}

}  // namespace cordon::ledger
