// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hash_index.hpp"

#include <new>

#include <sys/mman.h>

namespace cordon::ledger {

Words::Words(std::size_t size) : size_{size} {
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    void* at = ::mmap(nullptr, size * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc{};
    // Advice: when it is not taken, pages are small.
    if (size * sizeof(uint64_t) >= kHugePage) ::madvise(at, size * sizeof(uint64_t), MADV_HUGEPAGE);
    at_ = static_cast<uint64_t*>(at);
}

Words::~Words() {
    if (at_ != nullptr) ::munmap(at_, size_ * sizeof(uint64_t));
}

}  // namespace cordon::ledger
