// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cordon {

/// Has the C library give large blocks back to the system when they are freed. Else every thread
/// that comes and goes may leave 64 MB behind that others do not use. To be called first in main().
void return_freed_memory() noexcept;

}  // namespace cordon
