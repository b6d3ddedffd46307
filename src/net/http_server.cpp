// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include <openssl/rand.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

/// What all sessions share. Outlives them: HttpServer joins the threads before it goes.
struct Shared {
    ServerOptions options;
    Routes routes;
    std::string boot;  // Random, before the numbers of requests that come without an id.

    std::atomic<bool> stopping{false};
    std::atomic<uint64_t> accepted{0}, turned_away{0}, requests{0}, ok{0}, client_errors{0},
        server_errors{0}, malformed{0}, timeouts{0}, ids{0};

    // Open sessions, each as what ends it when it is idle. Guarded by `mutex`.
    std::mutex mutex;
    std::condition_variable closed;
    std::list<std::function<void()>> idle_enders;

    void count(unsigned status) {
        (status < 400   ? ok
         : status < 500 ? client_errors
                        : server_errors)
            .fetch_add(1, std::memory_order_relaxed);
    }
    std::size_t open() {
        const std::scoped_lock lock{mutex};
        return idle_enders.size();
    }
};

bool is_plain_word(std::string_view text) {
    constexpr std::size_t kMaxId = 64;
    return !text.empty() && text.size() <= kMaxId &&
           text.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
               "._-") == std::string_view::npos;
}

/// A header that would end early and begin another (response splitting).
bool is_header_text(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    return true;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

void close_stream(beast::tcp_stream& stream) {
    error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}
template <typename Handler>
void start_stream(beast::tcp_stream&, Handler handler) {
    handler(error_code{});
}
template <typename Handler>
void start_stream(beast::ssl_stream<beast::tcp_stream>& stream, Handler handler) {
    stream.async_handshake(asio::ssl::stream_base::server, std::move(handler));
}
void close_stream(beast::ssl_stream<beast::tcp_stream>& stream) {
    // Without the TLS goodbye: every answer says its own length.
    close_stream(stream.next_layer());
}

/// One connection. All of it runs on its strand: one step after the other.
template <typename Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
public:
    template <typename... Args>
    explicit Session(Shared& shared, Args&&... args)
        : shared_{shared}, stream_{std::forward<Args>(args)...} {}

    ~Session() {
        const std::scoped_lock lock{shared_.mutex};
        if (listed_) shared_.idle_enders.erase(*listed_);
        shared_.closed.notify_all();
    }

    void run() {
        {
            const std::scoped_lock lock{shared_.mutex};
            listed_ = shared_.idle_enders.insert(
                shared_.idle_enders.end(), [weak = this->weak_from_this()] {
                    if (const auto self = weak.lock())
                        asio::post(self->stream_.get_executor(), [self] {
                            if (self->idle_) self->layer().cancel();
                        });
                });
        }
        asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
            self->layer().expires_after(self->shared_.options.head_timeout);
            start_stream(self->stream_, [self](error_code error) {
                if (error) return self->failed(error);
                self->wait();
            });
        });
    }

private:
    beast::tcp_stream& layer() { return beast::get_lowest_layer(stream_); }

    void wait() {
        if (shared_.stopping) return close_stream(stream_);
        parser_.emplace();
        parser_->header_limit(static_cast<uint32_t>(shared_.options.max_header));
        parser_->body_limit(shared_.routes.max_body());
        if (buffer_.size() > 0) return read_head();  // Pipelined: the next one is here already.
        idle_ = true;
        layer().expires_after(shared_.options.idle_timeout);
        constexpr std::size_t kFirst = 4096;
        stream_.async_read_some(buffer_.prepare(kFirst), [self = this->shared_from_this()](
                                                             error_code error, std::size_t got) {
            self->idle_ = false;
            if (error) return close_stream(self->stream_);  // Gone, or idle for too long.
            self->buffer_.commit(got);
            self->read_head();
        });
    }

    void read_head() {
        layer().expires_after(shared_.options.head_timeout);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = this->shared_from_this()](error_code error, std::size_t) {
                                    if (error) return self->failed(error);
                                    self->judge_head();
                                });
    }

    /// Everything that can be refused without the body is.
    void judge_head() {
        shared_.requests.fetch_add(1, std::memory_order_relaxed);
        const auto& head = parser_->get();
        ServerRequest& request = request_ = {};
        request.method = std::string{view(head.method_string())};
        const std::string_view target = view(head.target());
        const std::size_t question = target.find('?');
        request.path = std::string{target.substr(0, question)};
        if (question != std::string_view::npos)
            request.query = std::string{target.substr(question + 1)};
        for (const auto& field : head)
            request.headers.emplace_back(view(field.name_string()), view(field.value()));
        const std::string_view id = request.header("X-Request-Id");
        request.id = is_plain_word(id) ? std::string{id}
                                       : format("{}-{}", shared_.boot, shared_.ids.fetch_add(1));
        keep_alive_ = head.keep_alive();

        const auto refuse = [&](ServerResponse response) {
            keep_alive_ = false;  // Its body is not read: what follows is no request.
            answer(std::move(response));
        };
        // RFC 9112 §3.2: without a host, or with two, it is not for us.
        if (head.version() >= 11 && head.count(http::field::host) != 1)
            return refuse(problem(400, "malformed", "expected one Host header"));
        // RFC 9112 §6.1: two lengths are how requests are smuggled past a proxy.
        if (head.count(http::field::content_length) > 1)
            return refuse(problem(400, "malformed", "expected one Content-Length header"));
        if (head.count(http::field::expect) != 0)
            return refuse(problem(417, "unsupported", "Expect is not supported: send the body"));
        Routes::Found found = shared_.routes.find(request.method, request.path);
        if (!authorized(found)) {
            ServerResponse response = problem(401, "permission", "expected a bearer token");
            response.headers.emplace_back("WWW-Authenticate", "Bearer");
            return refuse(std::move(response));
        }
        if (found.route == nullptr) {
            if (found.allowed.empty())
                return refuse(problem(404, "not-found", "nothing has this path"));
            ServerResponse response =
                problem(405, "unsupported", "expected one of: " + found.allowed);
            response.headers.emplace_back("Allow", found.allowed);
            return refuse(std::move(response));
        }
        request.params = std::move(found.params);
        route_ = found.route;
        const auto length = parser_->content_length();
        if (length && *length > route_->max_body) return refuse(problem(413, "limit", too_large()));
        parser_->body_limit(route_->max_body);
        layer().expires_after(shared_.options.body_timeout);
        http::async_read(stream_, buffer_, *parser_,
                         [self = this->shared_from_this()](error_code error, std::size_t) {
                             if (error) return self->failed(error);
                             self->handle();
                         });
    }

    bool authorized(const Routes::Found& found) {
        if (shared_.options.tokens.empty() || (found.route != nullptr && found.route->open))
            return true;
        auto caller = shared_.options.tokens.caller(request_.header("Authorization"));
        if (caller) request_.caller = *std::move(caller);
        return caller.has_value();
    }

    std::string too_large() const {
        return format("the body has more than {} bytes",
                      route_ != nullptr ? route_->max_body : shared_.routes.max_body());
    }

    void handle() {
        layer().expires_never();  // Nothing is under way that could wait for the other side.
        request_.body = std::move(parser_->get().body());
        ServerResponse response;
        try {
            response = route_->handler(request_);
        } catch (const std::exception&) {
            response = problem(500, "internal", "the request could not be carried out");
        }
        answer(std::move(response));
    }

    void answer(ServerResponse response) {
        for (const auto& [name, value] : response.headers)
            if (name.empty() || !is_header_text(name) || !is_header_text(value))
                response = problem(500, "internal", "the answer could not be written");
        shared_.count(response.status);
        out_ = {};
        out_.result(response.status);
        out_.version(11);
        out_.set(http::field::content_type, response.type);
        out_.set(http::field::cache_control, "no-store");
        out_.set("X-Content-Type-Options", "nosniff");
        out_.set("X-Request-Id", request_.id);
        for (const auto& [name, value] : response.headers) out_.insert(name, value);
        out_.body() = std::move(response.body);
        out_.keep_alive(keep_alive_ && !shared_.stopping);
        out_.prepare_payload();
        layer().expires_after(shared_.options.write_timeout);
        http::async_write(stream_, out_,
                          [self = this->shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->failed(error);
                              self->route_ = nullptr;
                              if (!self->out_.keep_alive()) return self->linger();
                              self->wait();
                          });
    }

    /// Closing at once with unread bytes resets the connection, and the answer is lost: so what
    /// still comes is read for a moment, and thrown away.
    void linger() {
        close_stream(stream_);
        constexpr std::chrono::milliseconds kLinger{500};
        constexpr std::size_t kMost = 64 * 1024;
        lingered_ = 0;
        layer().expires_after(kLinger);
        drain(kMost);
    }
    void drain(std::size_t most) {
        buffer_.clear();
        layer().async_read_some(buffer_.prepare(4096), [self = this->shared_from_this(), most](
                                                           error_code error, std::size_t got) {
            self->lingered_ += got;
            if (error || self->lingered_ > most) return;
            self->drain(most);
        });
    }

    void failed(const error_code& error) {
        if (error == beast::error::timeout) {
            shared_.timeouts.fetch_add(1, std::memory_order_relaxed);
            return;  // The stream is closed already.
        }
        if (error == http::error::end_of_stream) return close_stream(stream_);
        // Of the category of Beast: the bytes are no HTTP that we take. All else is the network.
        if (error.category() != http::make_error_code(http::error::bad_version).category() ||
            error == http::error::partial_message)
            return;
        shared_.malformed.fetch_add(1, std::memory_order_relaxed);
        keep_alive_ = false;
        if (request_.id.empty()) request_.id = format("{}-{}", shared_.boot, shared_.ids++);
        if (error == http::error::header_limit || error == http::error::buffer_overflow)
            return answer(
                problem(431, "limit",
                        format("the headers have more than {} bytes", shared_.options.max_header)));
        if (error == http::error::body_limit) return answer(problem(413, "limit", too_large()));
        answer(problem(400, "malformed", error.message()));
    }

    Shared& shared_;
    Stream stream_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> out_;
    ServerRequest request_;
    const Route* route_ = nullptr;
    bool keep_alive_ = false, idle_ = false;
    std::size_t lingered_ = 0;
    std::optional<std::list<std::function<void()>>::iterator> listed_;
};

using PlainSession = Session<beast::tcp_stream>;
using SecureSession = Session<beast::ssl_stream<beast::tcp_stream>>;

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
    Shared shared;
    std::unique_ptr<asio::ssl::context> tls;
    asio::io_context io;
    tcp::acceptor acceptor{io};
    uint16_t port = 0;
    std::vector<std::thread> threads;
    bool stopped = false;

    Status listen() {
        error_code error;
        const auto address = asio::ip::make_address(shared.options.address, error);
        if (error)
            return fail(
                ErrorCode::kInvalidParam,
                format("\"{}\": expected an IP address to listen on", shared.options.address));
        const tcp::endpoint endpoint{address, shared.options.port};
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error)
            return fail(ErrorCode::kIo, format("{}:{}: {}", shared.options.address,
                                               shared.options.port, error.message()));
        port = acceptor.local_endpoint().port();
        return {};
    }

    void accept() {
        acceptor.async_accept(asio::make_strand(io), [this](error_code error, tcp::socket socket) {
            if (shared.stopping) return;
            if (error) return pause();
            take(std::move(socket));
            accept();
        });
    }
    /// Out of files: trying again at once would burn a processor.
    void pause() {
        constexpr std::chrono::milliseconds kPause{100};
        auto timer = std::make_shared<asio::steady_timer>(io, kPause);
        timer->async_wait([this, timer](error_code) {
            if (!shared.stopping) accept();
        });
    }

    void take(tcp::socket socket) {
        shared.accepted.fetch_add(1, std::memory_order_relaxed);
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (shared.open() >= shared.options.max_connections) {
            shared.turned_away.fetch_add(1, std::memory_order_relaxed);
            static constexpr std::string_view kFull =
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: "
                "close\r\n\r\n";
            socket.non_blocking(true, ignored);
            socket.write_some(asio::buffer(kFull.data(), tls ? 0 : kFull.size()), ignored);
            return;
        }
        if (tls)
            std::make_shared<SecureSession>(shared, beast::tcp_stream{std::move(socket)}, *tls)
                ->run();
        else
            std::make_shared<PlainSession>(shared, std::move(socket))->run();
    }

    void stop() {
        if (std::exchange(stopped, true)) return;
        shared.stopping = true;
        asio::post(io, [this] {
            error_code ignored;
            acceptor.close(ignored);
        });
        // Outside of the lock: whoever ends last takes it.
        std::unique_lock lock{shared.mutex};
        const std::list<std::function<void()>> enders = shared.idle_enders;
        lock.unlock();
        for (const auto& end : enders) end();
        lock.lock();
        shared.closed.wait_for(lock, shared.options.stop_timeout,
                               [this] { return shared.idle_enders.empty(); });
        lock.unlock();
        io.stop();
        for (std::thread& thread : threads) thread.join();
    }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
HttpServer::~HttpServer() { stop(); }
void HttpServer::stop() { impl_->stop(); }
uint16_t HttpServer::port() const noexcept { return impl_->port; }

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, Routes routes) {
    auto impl = std::make_unique<Impl>();
    if (options.threads == 0 || options.max_connections == 0)
        return fail(ErrorCode::kInvalidParam, "a server needs a thread and a connection");
    CORDON_TRY(impl->tls, make_tls(options));
    impl->shared.options = std::move(options);
    impl->shared.routes = std::move(routes);
    std::array<uint8_t, 6> random{};
    RAND_bytes(random.data(), static_cast<int>(random.size()));
    impl->shared.boot = to_hex(random);
    CORDON_TRY(impl->listen());
    impl->accept();
    for (unsigned i = 0; i < impl->shared.options.threads; ++i)
        impl->threads.emplace_back([io = &impl->io] { io->run(); });
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(impl)}};
}

ServerCounts HttpServer::counts() const noexcept {
    Shared& shared = impl_->shared;
    return {.open = shared.open(),
            .accepted = shared.accepted,
            .turned_away = shared.turned_away,
            .requests = shared.requests,
            .ok = shared.ok,
            .client_errors = shared.client_errors,
            .server_errors = shared.server_errors,
            .malformed = shared.malformed,
            .timeouts = shared.timeouts};
}

}  // namespace cordon::net
