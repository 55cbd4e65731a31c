// Namespaces and routes; see private_network.hpp.
#include "properties/integration/private_network.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace trackside::testing {
namespace {

constexpr const char* us = "10.77.0.1";
// Our own packets and those to us are routed by the table `local`, which comes before any of these.
constexpr const char* cut_priority = "100";

/// Runs a program to its end, in the network of `process` if there is one. Its exit status; -1 if it cannot be run.
int run(const std::vector<std::string>& words, pid_t process = 0) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string network = "/proc/" + std::to_string(process) + "/ns/net";
  const pid_t child = ::fork();
  if (child == 0) {
    if (process != 0) {
      const int descriptor = ::open(network.c_str(), O_RDONLY | O_CLOEXEC);
      if (descriptor < 0 || ::setns(descriptor, CLONE_NEWNET) != 0) ::_exit(126);
    }
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, 1);
    ::dup2(nothing, 2);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Splits at blanks.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const std::size_t end = line.find(' ');
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  return words;
}

void ip(const std::string& line, pid_t process = 0) {
  if (run(words_of("ip " + line), process) != 0) throw std::runtime_error("the test's network: ip " + line + " failed");
}

bool write_file(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

/// A network namespace: as root at once, otherwise as root of a user namespace.
std::string leave_the_machines_network() {
  if (::unshare(CLONE_NEWNET) == 0) return {};
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    return std::string{"no network namespace for this user: "} + std::strerror(errno);
  const bool mapped = write_file("/proc/self/setgroups", "deny") &&
                      write_file("/proc/self/uid_map", "0 " + user + " 1") &&
                      write_file("/proc/self/gid_map", "0 " + group + " 1");
  return mapped ? "" : "no user namespace";
}

std::string enter_once() {
  if (run({"ip", "-V"}) != 0) return "no program `ip`; ci/setup installs it (apt install iproute2)";
  if (const std::string problem = leave_the_machines_network(); !problem.empty()) return problem;
  try {
    ip("link set lo up");
    ip(std::string{"address add "} + us + "/32 dev lo");
    // Not every kernel has them.
    ip("link add trial type veth peer name trial-peer");
    ip("link delete trial");
    ip("rule add priority 99 from 10.77.255.255 blackhole");
    ip("rule delete priority 99");
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return write_file("/proc/sys/net/ipv4/ip_forward", "1") ? "" : "forwarding cannot be switched on";
}

}  // namespace

const std::string& PrivateNetwork::enter() {
  static const std::string problem = enter_once();
  return problem;
}

PrivateNetwork::PrivateNetwork() {
  // The devices of an earlier network may take a moment to vanish.
  static unsigned count = 0;
  prefix_ = "10.77." + std::to_string(++count) + ".";
  device_ = "ts" + std::to_string(count) + "-";
}

std::string PrivateNetwork::address_of(std::size_t host) const { return prefix_ + std::to_string(host + 1); }

ServerPlace PrivateNetwork::place(std::size_t host) {
  return {address_of(host), [this, host](pid_t process) { attach(host, process); }};
}

void PrivateNetwork::attach(std::size_t host, pid_t process) const {
  const std::string device = device_ + std::to_string(host);
  run({"ip", "link", "delete", device});  // that of an earlier process, if it is still there
  ip("link add " + device + " type veth peer name eth0 netns " + std::to_string(process));
  ip("link set " + device + " up");
  ip("link set lo up", process);
  ip("address add " + address_of(host) + "/32 dev eth0", process);
  ip("link set eth0 up", process);
  ip(std::string{"route add "} + us + " dev eth0", process);
  ip(std::string{"route add default via "} + us, process);
  ip("route add " + address_of(host) + " dev " + device + " src " + us);
}

void PrivateNetwork::cut_from_peers(std::size_t host) {
  // What is forwarded from it, and what comes in elsewhere to be forwarded to it.
  const std::string rule = std::string{"rule add priority "} + cut_priority;
  ip(rule + " from " + address_of(host) + " blackhole");
  ip(rule + " from " + prefix_ + "0/24 to " + address_of(host) + " blackhole");
}

void PrivateNetwork::cut_from_us(std::size_t host) {
  ip(std::string{"rule add priority "} + cut_priority + " from " + us + " to " + address_of(host) + " blackhole");
}

void PrivateNetwork::heal() {
  while (run({"ip", "rule", "delete", "priority", cut_priority}) == 0) {
  }
}

}  // namespace trackside::testing
