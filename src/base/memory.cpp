// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "memory.hpp"

#include <malloc.h>

namespace cordon {

void return_freed_memory() noexcept {
#ifdef M_MMAP_THRESHOLD
    // A fixed threshold: the library's own rises to 32 MB with what is freed.
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
#endif
}

}  // namespace cordon
