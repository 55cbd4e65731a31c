// Starting and ending a redis-server; see redis_process.hpp for the promises.
#include "properties/integration/redis_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace trackside::testing {
namespace {

constexpr const char* server_path = "/usr/bin/redis-server";

constexpr const char* loopback = "127.0.0.1";

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) throw std::runtime_error("no IPv4 address: " + host);
  return address;
}

bool answers_ping(const std::string& host, std::uint16_t port) {
  const int descriptor = connect_to(host, port);
  if (descriptor < 0) return false;
  constexpr std::string_view ping = "PING\r\n";
  bool answered = false;
  if (::send(descriptor, ping.data(), ping.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(ping.size())) {
    pollfd waiting{descriptor, POLLIN, 0};
    char byte = 0;
    answered = ::poll(&waiting, 1, 500) == 1 && ::recv(descriptor, &byte, 1, 0) == 1;
  }
  ::close(descriptor);
  return answered;
}

std::vector<std::string> command_line(std::uint16_t port, const std::string& directory, const ServerPlace& place,
                                      const std::vector<std::string>& extra) {
  std::vector<std::string> words{server_path, "--port", std::to_string(port), "--save",    "",
                                 "--appendonly", "no",  "--dir",              directory,   "--daemonize",
                                 "no",        "--logfile", "redis.log"};
  // In a network of its own the server starts before it has an address, and nobody but us can reach it.
  for (const char* word : {"--bind", place.attach ? "0.0.0.0" : loopback}) words.emplace_back(word);
  if (place.attach)
    for (const char* word : {"--protected-mode", "no"}) words.emplace_back(word);
  words.insert(words.end(), extra.begin(), extra.end());
  return words;
}

/// In the child only: between fork and exec nothing may allocate.
[[noreturn]] void become(char* const* arguments, pid_t parent, bool in_own_network) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (in_own_network && ::unshare(CLONE_NEWNET) != 0) ::_exit(125);
  if (::getppid() != parent) ::_exit(126);
  const int nothing = ::open("/dev/null", O_RDWR);
  if (nothing >= 0) {
    ::dup2(nothing, 0);
    ::dup2(nothing, 1);
    ::dup2(nothing, 2);
  }
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

std::string network_of(const std::string& process) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/" + process + "/ns/net", ignored).string();
}

}  // namespace

std::uint16_t free_loopback_port() {
  // Below the ports that the kernel gives to outgoing connections (32768 and up): one of those would be taken by a
  // connection of another test before the server that is to listen there has started, or while it is stopped.
  static std::mt19937 numbers{std::random_device{}()};
  static std::set<std::uint16_t> given;
  constexpr std::uint32_t lowest = 10'000;
  constexpr std::uint32_t count = 22'000;
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    const auto port = static_cast<std::uint16_t>(lowest + numbers() % count);
    if (!given.insert(port).second) continue;
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = address_of(loopback, port);
    const bool is_free =
        descriptor >= 0 && ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (descriptor >= 0) ::close(descriptor);
    if (is_free) return port;
  }
  throw std::runtime_error("no free loopback port for redis-server");
}

int connect_to(const std::string& host, std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  const sockaddr_in address = address_of(host, port);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor);
    return -1;
  }
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

int connect_loopback(std::uint16_t port) { return connect_to(loopback, port); }

RedisProcess::~RedisProcess() {
  stop();
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

void RedisProcess::prepare() {
  assert(!running());
  if (::access(server_path, X_OK) != 0)
    throw std::runtime_error(std::string{server_path} + " is missing; ci/setup installs it (apt install redis-server)");
  if (directory_.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "trackside-redis-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory for redis-server");
    directory_ = pattern;
  }
  if (port_ == 0) port_ = free_loopback_port();
}

void RedisProcess::start(const std::vector<std::string>& extra) {
  prepare();
  run(command_line(port_, directory_, place_, extra));
}

void RedisProcess::start_sentinel(const std::string& config) {
  prepare();
  const std::string path = directory_ + "/sentinel.conf";  // which it writes itself, later
  std::ofstream{path} << "port " << port_ << "\nbind 127.0.0.1\ndir " << directory_ << "\nlogfile redis.log\n"
                      << config;
  run({server_path, path, "--sentinel"});
}

void RedisProcess::run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(arguments.data(), parent, place_.attach != nullptr);
  if (pid_ < 0) throw std::runtime_error("cannot fork for redis-server");
  attach();
  await_answer();
}

void RedisProcess::attach() {
  if (!place_.attach) return;
  const std::string ours = network_of("self");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (network_of(std::to_string(pid_)) == ours) {
    if (std::chrono::steady_clock::now() > give_up) {
      stop();
      throw std::runtime_error("redis-server gets no network of its own");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  place_.attach(pid_);
}

void RedisProcess::await_answer() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (std::chrono::steady_clock::now() < give_up) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("redis-server ended at once; see " + directory_ + "/redis.log");
    }
    if (answers_ping(place_.host, port_)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  stop();
  throw std::runtime_error("redis-server did not answer within 20 s");
}

void RedisProcess::stop() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void RedisProcess::signal(int number) {
  assert(running());
  ::kill(pid_, number);
}

}  // namespace trackside::testing
