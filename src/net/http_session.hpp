// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "event_hub.hpp"
#include "http_server.hpp"

/// Inside of the room: the connections of a server, and the threads that they live on.
namespace cordon::net {

namespace asio = boost::asio;

/// What is asked of a connection from outside of it, on its own thread.
class Connection {
public:
    virtual ~Connection() = default;
    virtual void run() = 0;
    /// The server stops: ends it, unless a request is under way.
    virtual void stop() = 0;
    /// An event for the stream that it has become.
    virtual void deliver(const EventHub::Bytes& bytes) = 0;
};

/// A thread with its connections. What happens to one of them happens on that thread, so that
/// nothing of a connection is locked.
class Lane {
public:
    /// From any thread: deliver() on the lane's own.
    void push(std::weak_ptr<Connection> to, EventHub::Bytes bytes);

private:
    void drain();

    std::mutex mutex_;
    std::deque<std::pair<std::weak_ptr<Connection>, EventHub::Bytes>> waiting_;
    bool draining_ = false;

public:
    std::list<Connection*> connections;
    // Last: connections that end with it use all the rest. One thread: the hint spares wake-ups.
    asio::io_context io{1};
};

/// What all connections share. Outlives them.
struct ServerState {
    ServerOptions options;
    Routes routes;
    std::string boot;  // Random, before the numbers of requests that come without an id.
    std::unique_ptr<asio::ssl::context> tls;
    std::unique_ptr<asio::thread_pool> handlers;

    std::atomic<bool> stopping{false};
    std::atomic<uint64_t> accepted{0}, turned_away{0}, requests{0}, ok{0}, client_errors{0},
        server_errors{0}, malformed{0}, timeouts{0}, ids{0}, streams{0};

    // Guarded by `mutex`; `closed` says that `open` became less.
    std::mutex mutex;
    std::condition_variable closed;
    std::size_t open = 0;
    struct OfPeer {
        std::size_t open = 0, streams = 0;
    };
    std::map<std::string, OfPeer> peers;  // By limit_key.

    void count(unsigned status) {
        (status < 400   ? ok
         : status < 500 ? client_errors
                        : server_errors)
            .fetch_add(1, std::memory_order_relaxed);
    }
    /// Nothing: it is counted in; else the answer of who may not.
    std::optional<ServerResponse> take_stream(const std::string& key);
    void leave_stream(const std::string& key);
    std::size_t open_now() {
        const std::scoped_lock lock{mutex};
        return open;
    }
};

/// Nothing, and `socket` as it was: there are too many already.
std::shared_ptr<Connection> make_connection(ServerState& state, Lane& lane,
                                            asio::ip::tcp::socket&& socket);

}  // namespace cordon::net
