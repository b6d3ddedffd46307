// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <optional>
#include <string>

#include <cordon/base/result.hpp>

#include "http.hpp"

/// Inside of the room: a connection and the loop that drives it, so that asynchronous operations
/// become calls with a deadline.
namespace cordon::net {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

struct Wire {
    using Plain = asio::ip::tcp::socket;
    using Secure = asio::ssl::stream<Plain>;

    Wire(const Url& to, const NetOptions& with)
        : url{to}, options{with}, tls{asio::ssl::context::tls_client} {}

    /// Name, connection, TLS.
    Status open();
    /// TLS over the plain connection from now on. open() calls it for secure URLs; protocols that
    /// begin in the clear (STARTTLS) call it themselves.
    Status start_tls(Clock::time_point deadline);
    bool cancelled() const noexcept {
        return options.cancel && options.cancel->load(std::memory_order_relaxed);
    }
    void close() noexcept;
    tl::unexpected<Error> refuse(std::string_view doing, const boost::system::error_code& error);

    /// Runs what is started until `done` says so. False: not at the deadline; nothing is closed.
    /// kCancelled: closed.
    template <typename Done>
    Result<bool> run(Done done, Clock::time_point deadline) {
        // How soon a cancel is noticed.
        constexpr std::chrono::milliseconds kSlice{50};
        while (!done()) {
            if (cancelled()) {
                close();
                return fail(ErrorCode::kCancelled, url.shown() + ": cancelled");
            }
            const auto now = Clock::now();
            if (now >= deadline) return false;
            if (io.stopped()) io.restart();
            io.run_one_for(std::min<Clock::duration>(kSlice, deadline - now));
        }
        return true;
    }
    /// One operation: `start` is given its handler. At the deadline everything is closed, and the
    /// operation has ended when this returns: its buffers may go.
    template <typename Start>
    Status wait(std::string_view doing, Clock::time_point deadline, Start start) {
        std::optional<boost::system::error_code> done;
        start([&done](const boost::system::error_code& error, auto&&...) { done = error; });
        const auto in_time = run([&] { return done.has_value(); }, deadline);
        if (!in_time || !*in_time) {
            const bool ended = done.has_value();
            close();
            resolver.reset();
            while (!done) {
                if (io.stopped()) io.restart();
                io.run_one();
            }
            if (!in_time) return fail(in_time.error());
            if (!ended)
                return fail(ErrorCode::kUnavailable,
                            url.shown() + ": " + std::string{doing} + " took too long");
        }
        if (*done) return refuse(doing, *done);
        return {};
    }

    Url url;
    NetOptions options;
    asio::io_context io{1};
    asio::ssl::context tls;
    std::optional<asio::ip::tcp::resolver> resolver;
    std::optional<Secure> secure;
    std::optional<Plain> plain;
};

}  // namespace cordon::net
