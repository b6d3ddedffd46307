// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include <cordon/model/block.hpp>

#include "../gen/random.hpp"

namespace cordon::bench {

/// A made-up theft, payment by payment: one thief, then a laundering tree that splits and peels in
/// up to three parts a mule; to a third of the mules strangers pay something before they move on.
/// The same on every machine.
class Theft {
public:
    /// Somebody who has nothing to do with it.
    using Stranger = std::function<Address(gen::Random&)>;
    /// `moves`: how many payments of stolen money; those of strangers come on top.
    Theft(uint64_t moves, Stranger stranger) : left_{moves}, stranger_{std::move(stranger)} {}

    static Address thief() { return address(1); }

    /// False at the end.
    bool next(Transfer& payment);

private:
    static Address address(uint64_t number);
    struct Mule {
        uint64_t number = 0, amount = 0;
    };
    gen::Random random_{20240531};
    uint64_t left_;
    Stranger stranger_;
    std::deque<Mule> mules_{{1, uint64_t{1} << 60}};
    uint64_t next_ = 2;
    uint64_t parts_ = 0;  // Still to come from the mule at the front; 0 = it has not begun.
};

}  // namespace cordon::bench
