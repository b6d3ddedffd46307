// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>

struct _CK_FUNCTION_LIST;

/// The driver of a token: a shared library that speaks PKCS#11 (OASIS, version 2.40).
namespace cordon::hsm {

struct Slot {
    unsigned long id = 0;  // NOLINT(google-runtime-int): PKCS#11's own type.
    std::string label, manufacturer, model, serial;
    bool initialized = false;
};

/// A loaded driver. It runs inside this process and sees whatever the process sees: load only the
/// one that came with the token. Confined to one thread.
class Module {
public:
    /// kNotFound, kUnavailable (not a PKCS#11 library; CKR_… when it does not start).
    static Result<std::shared_ptr<Module>> load(const std::string& path);
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    /// Those with a token in them, as the driver orders them.
    Result<std::vector<Slot>> slots() const;
    const _CK_FUNCTION_LIST& call() const noexcept { return *functions_; }

private:
    Module() = default;

    void* library_ = nullptr;
    _CK_FUNCTION_LIST* functions_ = nullptr;
    bool started_ = false;
};

/// "C_Login: CKR_PIN_INCORRECT". kPermission for PINs and rights, kUnavailable for what is gone or
/// busy, kUnsupported for what the token cannot do, else kIo.
Error error_of(std::string_view function, unsigned long code);  // NOLINT(google-runtime-int)

}  // namespace cordon::hsm
