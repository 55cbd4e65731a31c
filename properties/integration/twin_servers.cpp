// Running one step on both servers; see twin_servers.hpp for how the real one is brought to rest.
#include "properties/integration/twin_servers.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "properties/integration/normalise.hpp"

namespace trackside::testing {
namespace {

std::string encode(const Words& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

}  // namespace

sim::Instant TwinServers::now() {
  const auto wall_clock = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(wall_clock).count();
  return (milliseconds - sim::epoch_milliseconds) * sim::millisecond;
}

RealConnection::RealConnection(std::uint16_t port) : descriptor_(connect_loopback(port)) {
  if (descriptor_ < 0) throw std::runtime_error("the real redis-server refuses connections");
}

RealConnection::~RealConnection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

RealConnection::RealConnection(RealConnection&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

void RealConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // closed by the server: take() will say so
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string RealConnection::take() {
  std::string received;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return received;
    if (count <= 0) return received + "<closed>";
    received.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::string RealConnection::await_line() {
  std::string line;
  while (!line.ends_with("\r\n")) {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1) throw std::runtime_error("the real redis-server does not answer");
    const std::string piece = take();
    line += piece;
    if (piece.ends_with("<closed>")) throw std::runtime_error("the real redis-server closed a connection");
  }
  return line;
}

TwinServers::TwinServers(const RedisProcess& real, std::size_t connections, sim::redis::ServerConfig config)
    : control_(real.port()), simulated_server_(std::move(config), nullptr) {
  control_.send("FLUSHALL\r\n");
  control_.await_line();
  use_up_small_ids();
  simulated_server_.open(now(), "127.0.0.1:39999");  // like `control_`: CLIENT LIST is never empty
  for (std::size_t index = 0; index < connections; ++index) {
    real_.emplace_back(real.port());
    real_ids_.push_back(real_id(real_.back()));
    simulated_.push_back(simulated_server_.open(now(), "127.0.0.1:" + std::to_string(40'000 + index)));
    simulated_ids_.push_back(simulated_server_.client_id(simulated_.back()));
    simulated_server_.feed(simulated_.back(), "CLIENT ID\r\n", now());  // so that both last did the same
    simulated_server_.output(simulated_.back()).clear();
  }
}

/// So that no number in a reply is taken for an id.
void TwinServers::use_up_small_ids() {
  for (int count = 0; count < 3000; ++count) simulated_server_.closed(simulated_server_.open(now(), {}), now());
}

std::int64_t TwinServers::real_id(RealConnection& connection) {
  connection.send("CLIENT ID\r\n");
  return std::strtoll(connection.await_line().c_str() + 1, nullptr, 10);
}

void TwinServers::settle_real() {
  for (int turn = 0; turn < 2; ++turn) {
    control_.send("PING\r\n");
    control_.await_line();
  }
}

std::string TwinServers::render(const Words& words, const std::vector<std::int64_t>& ids) const {
  Words rendered = words;
  for (std::string& word : rendered)
    if (word.size() == 2 && word[0] == '@' && static_cast<std::size_t>(word[1] - '0') < ids.size())
      word = std::to_string(ids[static_cast<std::size_t>(word[1] - '0')]);
  return encode(rendered);
}

TwinServers::Outcome TwinServers::run(const Step& step) {
  std::string to_real;
  std::string to_simulated;
  for (const Words& command : step.commands) {
    to_real += render(command, real_ids_);
    to_simulated += render(command, simulated_ids_);
  }
  return send_both(step.connection, to_real, to_simulated);
}

TwinServers::Outcome TwinServers::run_bytes(std::size_t connection, std::string_view bytes) {
  return send_both(connection, bytes, bytes);
}

TwinServers::Outcome TwinServers::send_both(std::size_t connection, std::string_view to_real,
                                            std::string_view to_simulated) {
  real_[connection].send(to_real);
  settle_real();
  simulated_server_.feed(simulated_[connection], to_simulated, now());
  if (after_input_) after_input_();

  Outcome outcome;
  for (std::size_t index = 0; index < real_.size(); ++index) {
    outcome.real.push_back(normalise(real_[index].take(), real_ids_));
    std::string received = std::exchange(simulated_server_.output(simulated_[index]), {});
    if (simulated_server_.wants_close(simulated_[index])) {
      received += "<closed>";
      simulated_server_.closed(simulated_[index], now());
    }
    outcome.simulated.push_back(normalise(received, simulated_ids_));
  }
  std::vector<sim::redis::SessionId> taken;
  simulated_server_.take_dirty(taken);
  return outcome;
}

std::string printable(std::string_view bytes) {
  std::string result;
  for (const char byte : bytes) {
    if (byte == '\n') continue;
    if (byte == '\r') result += ' ';
    else if (byte >= ' ' && byte <= '~') result += byte;
    else result += "\\x" + std::to_string(static_cast<unsigned char>(byte));
  }
  return result;
}

std::string to_text(const Step& step) {
  std::string text = std::to_string(step.connection) + ":";
  for (const Words& command : step.commands) {
    text += text.ends_with(':') ? " " : " | ";
    for (const std::string& word : command) text += (text.ends_with(' ') ? "" : " ") + printable(word);
  }
  return text;
}

}  // namespace trackside::testing
