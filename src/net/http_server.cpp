// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http_server.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include <openssl/rand.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "http_session.hpp"

namespace cordon::net {

using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

Result<std::unique_ptr<asio::ssl::context>> make_tls(const ServerOptions& options) {
    if (options.certificate.empty() != options.key.empty())
        return fail(ErrorCode::kInvalidParam, "TLS needs both a certificate and a key");
    if (options.certificate.empty()) return nullptr;
    auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    error_code error;
    SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
    tls->use_certificate_chain_file(options.certificate, error);
    if (error)
        return fail(ErrorCode::kMalformed, format("{}: {}", options.certificate, error.message()));
    tls->use_private_key_file(options.key, asio::ssl::context::pem, error);
    if (error) return fail(ErrorCode::kMalformed, format("{}: {}", options.key, error.message()));
    return tls;
}

}  // namespace

struct HttpServer::Impl {
    ServerState state;
    std::vector<std::unique_ptr<Lane>> lanes;
    std::size_t next = 0;                   // Lane of the next connection.
    std::optional<tcp::acceptor> acceptor;  // On the first lane.
    uint16_t port = 0;
    std::vector<std::thread> threads;
    bool stopped = false;

    Status listen() {
        const ServerOptions& options = state.options;
        error_code error;
        const auto address = asio::ip::make_address(options.address, error);
        if (error)
            return fail(ErrorCode::kInvalidParam,
                        format("\"{}\": expected an IP address to listen on", options.address));
        const tcp::endpoint endpoint{address, options.port};
        acceptor.emplace(lanes.front()->io);
        acceptor->open(endpoint.protocol(), error);
        if (!error) acceptor->set_option(asio::socket_base::reuse_address(true), error);
        if (!error) acceptor->bind(endpoint, error);
        if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
        if (error)
            return fail(ErrorCode::kIo,
                        format("{}:{}: {}", options.address, options.port, error.message()));
        port = acceptor->local_endpoint().port();
        return {};
    }

    void accept() {
        Lane& lane = *lanes[next++ % lanes.size()];
        acceptor->async_accept(lane.io, [this, &lane](error_code error, tcp::socket socket) {
            if (state.stopping) return;
            if (error) return pause();
            take(lane, std::move(socket));
            accept();
        });
    }
    /// Out of files: trying again at once would burn a processor.
    void pause() {
        constexpr std::chrono::milliseconds kPause{100};
        auto timer = std::make_shared<asio::steady_timer>(lanes.front()->io, kPause);
        timer->async_wait([this, timer](error_code) {
            if (!state.stopping) accept();
        });
    }

    void take(Lane& lane, tcp::socket socket) {
        state.accepted.fetch_add(1, std::memory_order_relaxed);
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (auto connection = make_connection(state, lane, std::move(socket))) {
            asio::post(lane.io, [connection = std::move(connection)] { connection->run(); });
            return;
        }
        state.turned_away.fetch_add(1, std::memory_order_relaxed);
        static constexpr std::string_view kFull =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(kFull.data(), state.tls ? 0 : kFull.size()), ignored);
    }

    void start() {
        state.handlers = std::make_unique<asio::thread_pool>(state.options.threads);
        accept();
        for (const auto& lane : lanes)
            threads.emplace_back([&io = lane->io] {
                const auto work = asio::make_work_guard(io);
                io.run();
            });
    }

    void stop() {
        if (std::exchange(stopped, true)) return;
        state.stopping = true;
        for (const auto& lane : lanes)
            asio::post(lane->io, [this, &lane = *lane] {
                error_code ignored;
                if (&lane == lanes.front().get()) acceptor->close(ignored);
                // stop() may end one at once, and take it off the list.
                const std::list<Connection*> all = lane.connections;
                for (Connection* connection : all) connection->stop();
            });
        {
            std::unique_lock lock{state.mutex};
            state.closed.wait_for(lock, state.options.stop_timeout,
                                  [this] { return state.open == 0; });
        }
        for (const auto& lane : lanes) lane->io.stop();
        for (std::thread& thread : threads) thread.join();
        // Connections that took too long go with what has them: they use lanes and state.
        if (state.handlers) state.handlers->stop();
        state.handlers.reset();
        acceptor.reset();
        lanes.clear();
    }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
HttpServer::~HttpServer() { stop(); }
void HttpServer::stop() { impl_->stop(); }
uint16_t HttpServer::port() const noexcept { return impl_->port; }

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, Routes routes) {
    if (options.threads == 0 || options.lanes == 0 || options.max_connections == 0)
        return fail(ErrorCode::kInvalidParam, "a server needs threads and a connection");
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->state.tls, make_tls(options));
    impl->state.options = std::move(options);
    impl->state.routes = std::move(routes);
    std::array<uint8_t, 6> random{};
    RAND_bytes(random.data(), static_cast<int>(random.size()));
    impl->state.boot = to_hex(random);
    for (unsigned i = 0; i < impl->state.options.lanes; ++i)
        impl->lanes.push_back(std::make_unique<Lane>());
    CORDON_TRY(impl->listen());
    impl->start();
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(impl)}};
}

ServerCounts HttpServer::counts() const noexcept {
    ServerState& state = impl_->state;
    return {.open = state.open_now(),
            .streams = state.streams,
            .accepted = state.accepted,
            .turned_away = state.turned_away,
            .requests = state.requests,
            .ok = state.ok,
            .client_errors = state.client_errors,
            .server_errors = state.server_errors,
            .malformed = state.malformed,
            .timeouts = state.timeouts};
}

}  // namespace cordon::net
