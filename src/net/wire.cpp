// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <thread>

#include <cordon/base/format.hpp>

namespace cordon::net {

bool wait_for(std::chrono::milliseconds time, const std::atomic<bool>* cancel) {
    constexpr std::chrono::milliseconds kSlice{50};
    const auto end = Clock::now() + time;
    for (;;) {
        if (cancel && cancel->load(std::memory_order_relaxed)) return false;
        const auto left = end - Clock::now();
        if (left <= Clock::duration::zero()) return true;
        std::this_thread::sleep_for(std::min<Clock::duration>(left, kSlice));
    }
}

tl::unexpected<Error> Wire::refuse(std::string_view doing, const boost::system::error_code& error) {
    close();
    return fail(ErrorCode::kUnavailable,
                format("{}: {}: {}", url.shown(), doing, without_secrets(error.message(), url)));
}

void Wire::close() noexcept {
    boost::system::error_code ignored;
    if (plain) plain->close(ignored);
    if (secure) secure->next_layer().close(ignored);
}

Status Wire::open() {
    const auto deadline = Clock::now() + options.connect_timeout;
    boost::system::error_code error;
    // An address needs no name server, and a name server no thread then (Asio asks on one).
    std::vector<asio::ip::tcp::endpoint> endpoints;
    if (const auto address = asio::ip::make_address(url.host, error); !error) {
        endpoints.emplace_back(address, url.port);
    } else {
        resolver.emplace(io);
        CORDON_TRY(wait("looking up the host", deadline, [&](auto handler) {
            resolver->async_resolve(
                url.host, std::to_string(url.port),
                [&endpoints, handler](const boost::system::error_code& failed,
                                      const asio::ip::tcp::resolver::results_type& found) mutable {
                    for (const auto& each : found) endpoints.push_back(each.endpoint());
                    handler(failed);
                });
        }));
    }
    plain.emplace(io);
    CORDON_TRY(wait("connecting", deadline,
                    [&](auto handler) { asio::async_connect(*plain, endpoints, handler); }));
    // Requests are small and wait for their answers.
    plain->set_option(asio::ip::tcp::no_delay{true}, error);
    if (!url.secure()) return {};
    return start_tls(deadline);
}

Status Wire::start_tls(Clock::time_point deadline) {
    boost::system::error_code error;
    tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv3 |
                    asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.set_default_verify_paths(error);
    if (error) return refuse("reading the system's certificates", error);
    if (!options.ca_file.empty()) tls.load_verify_file(options.ca_file, error);
    if (error) return refuse("reading the certificates of the CA file", error);
    secure.emplace(std::move(*plain), tls);
    plain.reset();
    if (const bool named = (asio::ip::make_address(url.host, error), bool{error});
        named && SSL_set_tlsext_host_name(secure->native_handle(), url.host.c_str()) != 1)
        return fail(ErrorCode::kUnavailable, url.shown() + ": its name cannot be used for TLS");
    secure->set_verify_callback(asio::ssl::host_name_verification{url.host}, error);
    if (error) return refuse("TLS", error);
    return wait("TLS handshake", deadline, [&](auto handler) {
        secure->async_handshake(asio::ssl::stream_base::client, handler);
    });
}

}  // namespace cordon::net
