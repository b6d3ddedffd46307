// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <typeindex>

namespace cordon::trace {

/// What recognisers worked out of one ledger and one Context, to be found again at the next call:
/// one value a type. Never changes an answer, only what it costs. Confined to one thread.
class Memo {
public:
    /// Nothing when none was put.
    template <typename T>
    const T* find() const {
        const auto found = values_.find(typeid(T));
        return found == values_.end() ? nullptr : static_cast<const T*>(found->second.get());
    }
    /// Lifetime of the reference: this object, or the next put of the type.
    template <typename T>
    const T& put(T value) {
        auto& place = values_[typeid(T)];
        // Shared only in form: shared_ptr<void> remembers how to delete what it holds.
        place = std::make_shared<T>(std::move(value));
        return *static_cast<const T*>(place.get());
    }

private:
    std::map<std::type_index, std::shared_ptr<void>> values_;
};

}  // namespace cordon::trace
