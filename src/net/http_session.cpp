// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http_session.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>

#include <cordon/base/format.hpp>

#include "http_head.hpp"
#include "listen.hpp"

namespace cordon::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

bool is_plain_word(std::string_view text) {
    constexpr std::size_t kMaxId = 64;
    return !text.empty() && text.size() <= kMaxId &&
           text.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
               "._-") == std::string_view::npos;
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

/// An IPv4 address that came over an IPv6 socket is shown as itself, so that it has one name.
std::string address_of(const tcp::socket& socket) {
    error_code error;
    const asio::ip::address address = socket.remote_endpoint(error).address();
    if (error) return {};
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

/// One connection. All of it runs on its lane: one step after the other.
template <typename Stream>
class Session : public Connection, public std::enable_shared_from_this<Session<Stream>> {
public:
    static constexpr bool kSecure = !std::is_same_v<Stream, beast::tcp_stream>;

    template <typename... Args>
    Session(ServerState& state, Lane& lane, std::string peer, Args&&... args)
        : state_{state},
          lane_{lane},
          peer_{std::move(peer)},
          limit_key_{limit_key(peer_)},
          stream_{std::forward<Args>(args)...},
          buffer_{state.options.max_header + kFirst},
          heartbeat_{lane.io} {}

    ~Session() override {
        end_stream();
        if (listed_) lane_.connections.erase(*listed_);
        const std::scoped_lock lock{state_.mutex};
        --state_.open;
        if (const auto mine = state_.peers.find(limit_key_);
            mine != state_.peers.end() && --mine->second.open == 0)
            state_.peers.erase(mine);
        state_.closed.notify_all();
    }

    void run() override {
        listed_ = lane_.connections.insert(lane_.connections.end(), this);
        layer().expires_after(state_.options.head_timeout);
        start_stream(stream_, [self = this->shared_from_this()](error_code error) {
            if (error) return self->failed(error);
            self->wait();
        });
    }

    void stop() override {
        if (events_) return end_stream();
        if (idle_) layer().cancel();
    }

    void deliver(const EventHub::Bytes& bytes) override {
        if (!events_) return;
        if (!may_listen()) return end_stream();
        if (behind_) return;
        // What is being written cannot be taken back; all else is dropped for the one event that
        // says so, and what comes before that is written: the client reads the state after it. One
        // event that is larger than the bound still goes to who has nothing waiting.
        const std::size_t most = events_->hub->options().behind_bytes;
        behind_ = waiting_.size() > being_written_ && waiting_bytes_ + bytes->size() > most;
        while (behind_ && waiting_.size() > being_written_) drop(waiting_.size() - 1);
        enqueue(behind_ ? events_->hub->reset() : bytes);
        write_events();
    }

private:
    beast::tcp_stream& layer() { return beast::get_lowest_layer(stream_); }

    void wait() {
        if (state_.stopping) return close_stream(stream_);
        request_ = {};
        head_only_ = false;
        parser_.emplace();
        parser_->header_limit(static_cast<uint32_t>(state_.options.max_header));
        parser_->body_limit(state_.routes.max_body());
        if (buffer_.size() > 0) return read_head();  // Pipelined: the next one is here already.
        idle_ = true;
        layer().expires_after(state_.options.idle_timeout);
        stream_.async_read_some(buffer_.prepare(kFirst), [self = this->shared_from_this()](
                                                             error_code error, std::size_t got) {
            self->idle_ = false;
            if (error) return close_stream(self->stream_);  // Gone, or idle for too long.
            self->buffer_.commit(got);
            self->read_head();
        });
    }

    void read_head() {
        layer().expires_after(state_.options.head_timeout);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = this->shared_from_this()](error_code error, std::size_t) {
                                    if (error) return self->failed(error);
                                    self->judge_head();
                                });
    }

    /// Everything that can be refused without the body is.
    void judge_head() {
        state_.requests.fetch_add(1, std::memory_order_relaxed);
        const auto& head = parser_->get();
        ServerRequest& request = request_;
        head_only_ = head.method() == http::verb::head;
        request.method = head_only_ ? "GET" : std::string{view(head.method_string())};
        request.peer = peer_;
        request.secure = kSecure;
        const std::string_view target = view(head.target());
        const std::size_t question = target.find('?');
        request.path = std::string{target.substr(0, question)};
        if (question != std::string_view::npos)
            request.query = std::string{target.substr(question + 1)};
        for (const auto& field : head)
            request.headers.emplace_back(view(field.name_string()), view(field.value()));
        const std::string_view id = request.header("X-Request-Id");
        request.id = is_plain_word(id) ? std::string{id}
                                       : format("{}-{}", state_.boot, state_.ids.fetch_add(1));
        keep_alive_ = head.keep_alive();

        const auto refuse = [&](ServerResponse response) {
            keep_alive_ = false;  // Its body is not read: what follows is no request.
            answer(std::move(response));
        };
        // RFC 9112 §3.2: without a host, or with two, it is not for us.
        if (head.version() >= 11 && head.count(http::field::host) != 1)
            return refuse(problem(400, "malformed", "expected one Host header"));
        // RFC 9112 §6.1: two lengths are how requests are smuggled past a proxy; "1, 1" as well.
        if (head.count(http::field::content_length) > 1 ||
            request.header("Content-Length").find_first_not_of("0123456789") !=
                std::string_view::npos)
            return refuse(problem(400, "malformed", "expected one Content-Length header"));
        // RFC 9112 §6.1, §6.3: a coding that we do not undo, or one in which "chunked" is not the
        // last, leaves nobody knowing where the body ends: a proxy may take for body what would be
        // the next request here. The parser ignores such a coding; HTTP/1.0 has none.
        if (const std::size_t codings = head.count(http::field::transfer_encoding);
            codings > 1 ||
            (codings == 1 && (head.version() < 11 ||
                              !beast::iequals(head[http::field::transfer_encoding], "chunked"))))
            return refuse(
                problem(400, "malformed", "expected Transfer-Encoding: chunked, or none"));
        if (head.count(http::field::expect) != 0)
            return refuse(problem(417, "unsupported", "Expect is not supported: send the body"));
        Routes::Found found = state_.routes.find(request.method, request.path);
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
        layer().expires_after(state_.options.body_timeout);
        http::async_read(stream_, buffer_, *parser_,
                         [self = this->shared_from_this()](error_code error, std::size_t) {
                             if (error) return self->failed(error);
                             self->handle();
                         });
    }

    bool authorized(const Routes::Found& found) {
        if (state_.options.tokens.empty() || (found.route != nullptr && found.route->open))
            return true;
        auto caller = state_.options.tokens.caller(request_.header("Authorization"));
        if (caller) request_.caller = *std::move(caller);
        return caller.has_value();
    }

    std::string too_large() const {
        return format("the body has more than {} bytes",
                      route_ != nullptr ? route_->max_body : state_.routes.max_body());
    }

    void handle() {
        layer().expires_never();  // Nothing is under way that could wait for the other side.
        request_.body = std::move(parser_->get().body());
        if (route_->quick) return answer(handled());
        asio::post(*state_.handlers, [self = this->shared_from_this()]() mutable {
            ServerResponse response = self->handled();
            // The last reference goes along: what ends a session is on its lane too.
            asio::io_context& home = self->lane_.io;  // Before it moves on.
            asio::post(home, [self = std::move(self), response = std::move(response)]() mutable {
                self->answer(std::move(response));
            });
        });
    }

    ServerResponse handled() const {
        try {
            return route_->handler(request_);
        } catch (const std::exception&) {
            return problem(500, "internal", "the request could not be carried out");
        }
    }

    void answer(ServerResponse response) {
        if (response.events) {
            response.type = "text/event-stream";
            // A proxy that collects answers would hold events back (nginx).
            response.headers.emplace_back("X-Accel-Buffering", "no");
        }
        if (!is_writable(response) || (response.events && !response.events->hub))
            response = problem(500, "internal", "the answer could not be written");
        const bool listens = response.events && !head_only_ && !state_.stopping;
        if (listens)
            if (auto refusal = state_.take_stream(limit_key_)) response = *std::move(refusal);
        state_.count(response.status);
        keep_alive_ = keep_alive_ && !state_.stopping && !response.events;
        head_ = head_of(response, request_.id, keep_alive_);
        if (listens && response.events) return begin_stream(*std::move(response.events));
        body_ = head_only_ || !has_body(response) ? std::string{} : std::move(response.body);
        layer().expires_after(state_.options.write_timeout);
        const std::array<asio::const_buffer, 2> both{asio::buffer(head_), asio::buffer(body_)};
        asio::async_write(stream_, both,
                          [self = this->shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->failed(error);
                              self->route_ = nullptr;
                              if (!self->keep_alive_) return self->linger();
                              self->wait();
                          });
    }

    /// The stream ends with the connection: no length, no chunks, so that what is written are the
    /// hub's buffers as they are.
    void begin_stream(EventStream events) {
        events_ = std::move(events);
        error_code ignored;
        // What the kernel holds for a slow client is his alone, unlike what waits here; left alone
        // it takes megabytes.
        constexpr std::size_t kMostInKernel = 256 * 1024;
        layer().socket().set_option(tcp::socket::send_buffer_size(static_cast<int>(std::min(
                                        events_->hub->options().behind_bytes, kMostInKernel))),
                                    ignored);
        enqueue(std::make_shared<const std::string>(std::exchange(head_, {})));
        auto subscription = events_->hub->listen(
            events_->topics, events_->last_seen,
            [lane = &lane_, weak = std::weak_ptr<Connection>{this->shared_from_this()}](
                const EventHub::Bytes& bytes) { lane->push(weak, bytes); });
        number_ = subscription.number;
        for (EventHub::Bytes& bytes : subscription.missed) enqueue(std::move(bytes));
        // There may be ten thousand: no more of each than it needs from here on.
        parser_.reset();
        request_ = {};
        buffer_ = beast::flat_buffer{};
        layer().expires_never();
        watch();
        write_events();
        beat();
    }

    /// A client that listens says nothing more: what comes is its end.
    void watch() {
        stream_.async_read_some(
            asio::buffer(&unheard_, 1),
            [self = this->shared_from_this()](error_code, std::size_t) { self->end_stream(); });
    }

    void beat() {
        heartbeat_.expires_after(events_->hub->options().heartbeat);
        heartbeat_.async_wait([weak = this->weak_from_this()](error_code error) {
            const auto self = weak.lock();
            if (error || !self || !self->events_) return;
            static const auto kComment = std::make_shared<const std::string>(":\n\n");
            if (!std::exchange(self->wrote_, false)) self->deliver(kComment);
            if (self->events_) self->beat();
        });
    }

    bool may_listen() {
        constexpr std::chrono::seconds kAskEvery{1};
        if (!events_->may_listen) return true;
        const auto now = std::chrono::steady_clock::now();
        if (now - asked_ < kAskEvery) return true;
        asked_ = now;
        try {
            return events_->may_listen();
        } catch (const std::exception&) {
            return false;  // Nobody can tell: not for him, until he comes again.
        }
    }

    void write_events() {
        if (being_written_ > 0 || waiting_.empty()) return;
        std::array<asio::const_buffer, kAtOnce> buffers;
        for (; being_written_ < std::min(waiting_.size(), kAtOnce); ++being_written_)
            buffers[being_written_] = asio::buffer(*waiting_[being_written_]);
        buffers[0] += written_;
        wrote_ = true;
        // Anew for each: slow is allowed, standing still is not.
        layer().expires_after(state_.options.write_timeout);
        stream_.async_write_some(buffers, [self = this->shared_from_this()](error_code error,
                                                                            std::size_t sent) {
            self->being_written_ = 0;
            if (error == beast::error::timeout) ++self->state_.timeouts;
            if (error) self->end_stream();
            if (!self->events_) return;
            self->written_ += sent;
            while (!self->waiting_.empty() && self->written_ >= self->waiting_.front()->size()) {
                self->written_ -= self->waiting_.front()->size();
                self->drop(0);
            }
            if (self->waiting_.empty()) self->behind_ = false;
            self->write_events();
        });
    }

    void enqueue(EventHub::Bytes bytes) {
        waiting_bytes_ += bytes->size();
        waiting_.push_back(std::move(bytes));
    }
    void drop(std::size_t at) {
        waiting_bytes_ -= waiting_[at]->size();
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    void end_stream() {
        if (!events_) return;
        events_->hub->leave(number_);
        events_.reset();
        state_.leave_stream(limit_key_);
        heartbeat_.cancel();
        layer().close();
    }

    /// Closing at once with unread bytes resets the connection, and the answer is lost: so what
    /// still comes is read for a moment, and thrown away.
    void linger() {
        close_stream(stream_);
        constexpr std::chrono::milliseconds kLinger{500};
        constexpr std::size_t kMost = 4 << 20;  // A body that is too large is mostly on its way.
        lingered_ = 0;
        layer().expires_after(kLinger);
        drain(kMost);
    }
    void drain(std::size_t most) {
        buffer_.clear();
        layer().async_read_some(buffer_.prepare(kFirst), [self = this->shared_from_this(), most](
                                                             error_code error, std::size_t got) {
            self->lingered_ += got;
            if (error || self->lingered_ > most) return;
            self->drain(most);
        });
    }

    void failed(const error_code& error) {
        if (error == beast::error::timeout) {
            state_.timeouts.fetch_add(1, std::memory_order_relaxed);
            return;  // The stream is closed already.
        }
        if (error == http::error::end_of_stream) return close_stream(stream_);
        // Of the category of Beast: the bytes are no HTTP that we take. All else is the network.
        if (error.category() != http::make_error_code(http::error::bad_version).category() ||
            error == http::error::partial_message)
            return;
        state_.malformed.fetch_add(1, std::memory_order_relaxed);
        keep_alive_ = false;
        if (request_.id.empty()) request_.id = format("{}-{}", state_.boot, state_.ids++);
        if (error == http::error::header_limit || error == http::error::buffer_overflow)
            return answer(
                problem(431, "limit",
                        format("the headers have more than {} bytes", state_.options.max_header)));
        if (error == http::error::body_limit) return answer(problem(413, "limit", too_large()));
        answer(problem(400, "malformed", error.message()));
    }

    static constexpr std::size_t kFirst = 4096;  // Read without knowing what it is.

    ServerState& state_;
    Lane& lane_;
    const std::string peer_, limit_key_;
    Stream stream_;
    beast::flat_buffer buffer_;  // Bounded: a chunk's extensions are no body and no header.
    std::optional<http::request_parser<http::string_body>> parser_;
    std::string head_, body_;  // Of the answer.
    ServerRequest request_;
    const Route* route_ = nullptr;
    bool keep_alive_ = false, idle_ = false, head_only_ = false;
    std::size_t lingered_ = 0;
    std::optional<std::list<Connection*>::iterator> listed_;

    // As a stream of events.
    static constexpr std::size_t kAtOnce = 16;  // Buffers a call: what Asio takes without more.
    std::optional<EventStream> events_;
    uint64_t number_ = 0;
    std::deque<EventHub::Bytes> waiting_;
    std::size_t waiting_bytes_ = 0, being_written_ = 0;
    std::size_t written_ = 0;  // Of the first that waits.
    asio::steady_timer heartbeat_;
    bool wrote_ = false;   // Since the last beat.
    bool behind_ = false;  // "reset" waits: nothing else needs to.
    std::chrono::steady_clock::time_point asked_ = std::chrono::steady_clock::now();
    char unheard_ = 0;
};

}  // namespace

void Lane::push(std::weak_ptr<Connection> to, EventHub::Bytes bytes) {
    const std::scoped_lock lock{mutex_};
    waiting_.emplace_back(std::move(to), std::move(bytes));
    if (!std::exchange(draining_, true)) asio::post(io, [this] { drain(); });
}

/// A few at a time: between them come the requests of others on this lane.
void Lane::drain() {
    constexpr std::size_t kTurn = 64;
    for (std::size_t i = 0; i < kTurn; ++i) {
        std::unique_lock lock{mutex_};
        if (waiting_.empty()) {
            draining_ = false;
            return;
        }
        const auto [to, bytes] = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        if (const auto connection = to.lock()) connection->deliver(bytes);
    }
    asio::post(io, [this] { drain(); });
}

std::optional<ServerResponse> ServerState::take_stream(const std::string& key) {
    const auto full = [](unsigned status, std::string_view detail) {
        ServerResponse response = problem(status, "limit", detail);
        response.headers.emplace_back("Retry-After", "5");
        return response;
    };
    const std::scoped_lock lock{mutex};
    if (streams >= options.max_streams) return full(503, "too many event streams are open");
    OfPeer& mine = peers[key];
    if (options.max_streams_per_peer > 0 && mine.streams >= options.max_streams_per_peer)
        return full(429, "too many event streams are open from this address");
    ++mine.streams;
    ++streams;
    return std::nullopt;
}

void ServerState::leave_stream(const std::string& key) {
    const std::scoped_lock lock{mutex};
    if (const auto mine = peers.find(key); mine != peers.end()) --mine->second.streams;
    --streams;
}

std::shared_ptr<Connection> make_connection(ServerState& state, Lane& lane, tcp::socket&& socket) {
    std::string peer = address_of(socket);
    {
        const std::scoped_lock lock{state.mutex};
        if (state.open >= state.options.max_connections + state.streams) return nullptr;
        const std::size_t most = state.options.max_per_peer;
        ServerState::OfPeer& mine = state.peers[limit_key(peer)];
        if (most > 0 && mine.open >= most) return nullptr;
        ++mine.open;
        ++state.open;
    }
    if (state.tls)
        return std::make_shared<Session<beast::ssl_stream<beast::tcp_stream>>>(
            state, lane, std::move(peer), beast::tcp_stream{std::move(socket)}, *state.tls);
    return std::make_shared<Session<beast::tcp_stream>>(state, lane, std::move(peer),
                                                        std::move(socket));
}

}  // namespace cordon::net
