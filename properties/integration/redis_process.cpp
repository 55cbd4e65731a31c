// Starting and ending a redis-server; see redis_process.hpp for the promises.
#include "properties/integration/redis_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
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
#include <stdexcept>
#include <string_view>
#include <thread>

namespace trackside::testing {
namespace {

constexpr const char* server_path = "/usr/bin/redis-server";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool answers_ping(std::uint16_t port) {
  const int descriptor = connect_loopback(port);
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

std::vector<std::string> command_line(std::uint16_t port, const std::string& directory,
                                      const std::vector<std::string>& extra) {
  std::vector<std::string> words{server_path, "--port", std::to_string(port), "--bind",       "127.0.0.1",
                                 "--save",    "",       "--appendonly",       "no",           "--dir",
                                 directory,   "--daemonize", "no",            "--logfile",    "redis.log"};
  words.insert(words.end(), extra.begin(), extra.end());
  return words;
}

/// In the child only: between fork and exec nothing may allocate.
[[noreturn]] void become(char* const* arguments, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
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

}  // namespace

std::uint16_t free_loopback_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  const bool known = descriptor >= 0 && ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (!known) throw std::runtime_error("no free loopback port for redis-server");
  return ntohs(address.sin_port);
}

int connect_loopback(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  const sockaddr_in address = loopback(port);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor);
    return -1;
  }
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

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
  run(command_line(port_, directory_, extra));
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
  if (pid_ == 0) become(arguments.data(), parent);
  if (pid_ < 0) throw std::runtime_error("cannot fork for redis-server");
  await_answer();
}

void RedisProcess::await_answer() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (std::chrono::steady_clock::now() < give_up) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("redis-server ended at once; see " + directory_ + "/redis.log");
    }
    if (answers_ping(port_)) return;
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
