// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include <cordon/base/check.hpp>
#include <cordon/records/files.hpp>

/// An SQLite file out of a backup, all of whose bytes somebody may have chosen: what it is, and
/// whether it is whole.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const int fd = ::memfd_create("store", MFD_CLOEXEC);
    CORDON_CHECK(fd >= 0 && ::write(fd, data, size) == static_cast<ssize_t>(size));
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const auto store = records::store_file(path);
    if (store) {
        CORDON_CHECK(!store->kind.empty() && store->version >= 1 &&
                     store->version <= store->newest);
        static_cast<void>(records::verify_store_file(path));
    } else {
        CORDON_CHECK(!store.error().message.empty());
    }
    ::close(fd);
    return 0;
}
