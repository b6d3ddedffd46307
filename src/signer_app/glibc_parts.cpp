// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The signer has one thread and converts no character sets, and says so to the linker: glibc's own
// forms of these functions bring its resolver and its loader (sockets, dlopen) into a static
// program, used or not.
#include <cerrno>

extern "C" {

int __cxa_atexit(void (*run)(void*), void* object, void* dso) noexcept;

/// What is to run when a thread ends runs when the program ends.
int __cxa_thread_atexit_impl(void (*run)(void*), void* object, void* dso) noexcept;
int __cxa_thread_atexit_impl(void (*run)(void*), void* object, void* dso) noexcept {
    return __cxa_atexit(run, object, dso);
}

/// Libraries that could start one (Botan asks how many there may be) are told that there is none to
/// be had.
int pthread_create(void*, const void*, void* (*)(void*), void*) noexcept;
int pthread_create(void*, const void*, void* (*)(void*), void*) noexcept { return EAGAIN; }

/// Modules of iconv, which libstdc++'s locales refer to: there is none to be found.
void* __gconv_find_shlib(const char* name) noexcept;
void* __gconv_find_shlib(const char*) noexcept { return nullptr; }
void __gconv_release_shlib(void* module) noexcept;
void __gconv_release_shlib(void*) noexcept {}
}
