// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <new>

#include <sys/mman.h>

#include <cordon/base/fetch.hpp>

namespace cordon::detect {

/// Memory for tables that are asked at random: slots begin at cache lines, and large tables lie in
/// huge pages where the system gives them, so that a question is not also one for a page's place.
template <typename T>
struct Pages {
    using value_type = T;
    Pages() noexcept = default;
    template <typename U>
    explicit Pages(const Pages<U>&) noexcept {}

    T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        void* memory = ::operator new(bytes, alignment(bytes));
        // A hint: what the system does not give is not missed.
        if (bytes >= kHuge) (void)::madvise(memory, bytes, MADV_HUGEPAGE);
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        ::operator delete(memory, alignment(count * sizeof(T)));
    }
    friend bool operator==(const Pages&, const Pages&) noexcept { return true; }

private:
    static constexpr std::size_t kLine = 64, kPage = std::size_t{2} << 20;
    static constexpr std::size_t kHuge = 8 * kPage;  // What alignment wastes is little beside it.
    static std::align_val_t alignment(std::size_t bytes) noexcept {
        return std::align_val_t{bytes >= kHuge ? kPage : kLine};
    }
};

}  // namespace cordon::detect
