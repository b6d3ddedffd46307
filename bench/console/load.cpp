// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "load.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

namespace cordon::bench {

std::string Target::request(std::string_view path, std::string_view more,
                            std::string_view body) const {
    std::string out = (body.empty() ? "GET " : "POST ") + std::string{path} +
                      " HTTP/1.1\r\nHost: " + address + ":" + std::to_string(port) + "\r\n";
    for (const std::string& header : headers) out += header + "\r\n";
    if (!body.empty())
        out += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n";
    return out.append(more).append("\r\n").append(body);
}

int Target::connect(std::size_t client) const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return fd;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (address.starts_with("127.")) {
        constexpr std::size_t kEach = 5'000;
        constexpr uint32_t kFirst = 0x7f000101;  // 127.0.1.1
        sockaddr_in from{};
        from.sin_family = AF_INET;
        from.sin_addr.s_addr = htonl(kFirst + static_cast<uint32_t>(client / kEach));
        // The port is chosen when it connects: it only has to be free towards this server.
        ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        ::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS)
        return fd;
    ::close(fd);
    return -1;
}

double cpu_seconds(int pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    const std::size_t end = text.rfind(')');  // The name before it may have blanks.
    if (pid == 0 || end == std::string::npos) return 0;
    std::istringstream fields{text.substr(end + 1)};
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;  // proc(5): utime is field 14, stime 15.
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double resident_mib(int pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/statm"};
    double all = 0, resident = 0;
    file >> all >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

double Latencies::at(double share) {
    if (values_.empty()) return 0;
    const auto nth = values_.begin() +
                     static_cast<std::ptrdiff_t>(share * static_cast<double>(values_.size() - 1));
    std::nth_element(values_.begin(), nth, values_.end());
    return *nth;
}

}  // namespace cordon::bench
