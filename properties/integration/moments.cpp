// See moments.hpp.
#include "properties/integration/moments.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "properties/integration/asking.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

Command command_of(const Words& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return Command{std::span{views}};
}

std::string joined(const Words& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

class RealArm final : public Arm {
 public:
  explicit RealArm(Trouble trouble) : trouble_(trouble) {
    if (trouble == Trouble::isolation) network_.emplace();
    cluster_.emplace(3, 3, std::vector<std::string>{}, network_ ? &*network_ : nullptr);
  }
  std::string host(std::size_t node) const override { return cluster_->host(node); }
  std::uint16_t port(std::size_t node) const override { return cluster_->port(node); }
  void begin_trouble() override {
    if (trouble_ == Trouble::death) cluster_->node(troubled_node).stop();
    if (trouble_ == Trouble::isolation) network_->cut_from_peers(troubled_node);
  }
  void end_trouble() override {
    if (trouble_ == Trouble::death) cluster_->start_again(troubled_node);
    if (trouble_ == Trouble::isolation) network_->heal();
  }

 private:
  Trouble trouble_;
  std::optional<PrivateNetwork> network_;
  std::optional<RealCluster> cluster_;
};

class ServedArm final : public Arm {
 public:
  explicit ServedArm(Trouble trouble) : served_(arguments(trouble)) {}
  std::string host(std::size_t) const override { return "127.0.0.1"; }
  std::uint16_t port(std::size_t node) const override { return static_cast<std::uint16_t>(served_.port() + node); }
  void begin_trouble() override { await(" begins\n"); }
  void end_trouble() override { await(" ends\n"); }

 private:
  static std::vector<std::string> arguments(Trouble trouble) {
    std::vector<std::string> all{"--cluster", "3", "--replicas", "1", "--node-timeout", "1s"};
    const std::string node = std::to_string(troubled_node) + "@3s+7s";
    if (trouble == Trouble::death) all.insert(all.end(), {"--faults", "restart_server:" + node});
    if (trouble == Trouble::isolation) all.insert(all.end(), {"--faults", "isolate_primary:" + node});
    return all;
  }
  void await(const char* word) {
    const auto give_up = std::chrono::steady_clock::now() + 15s;
    while (served_.told().find(word) == std::string::npos) {
      if (std::chrono::steady_clock::now() > give_up) {
        ADD_FAILURE() << "no fault" << word;
        return;
      }
      std::this_thread::sleep_for(1ms);
    }
  }

  ServedProcess served_;
};

/// "MOVED 12182 10.0.0.1:6379" becomes "MOVED to node 2".
std::string told(const Arm& arm, ReplyView reply) {
  std::string text = reply.is_error() ? std::string{reply.as_string().value()} : to_text(reply);
  if (!text.starts_with("MOVED ") && !text.starts_with("ASK ")) return text;
  const std::string word = text.substr(0, text.find(' '));
  const std::string address = text.substr(text.rfind(' ') + 1);
  for (std::size_t node = 0; node < arm_nodes; ++node) {
    if (address == arm.host(node) + ":" + std::to_string(arm.port(node))) {
      return word + " to node " + std::to_string(node);
    }
  }
  return text;
}

}  // namespace

std::unique_ptr<Arm> real_arm(Arm::Trouble trouble) { return std::make_unique<RealArm>(trouble); }
std::unique_ptr<Arm> served_arm(Arm::Trouble trouble) { return std::make_unique<ServedArm>(trouble); }

// ---- watchers

Watcher::Watcher(const Arm& arm, Watch watch) : arm_(arm), watch_(std::move(watch)) { turn(); }

Watcher::~Watcher() {
  if (socket_ >= 0) ::close(socket_);
}

void Watcher::connect() {
  socket_ = connect_to(arm_.host(watch_.node), arm_.port(watch_.node));
  if (socket_ < 0) {
    note("gone");
    return;
  }
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
  frames_.clear();
  greetings_ = watch_.greeting.size();
  for (const Words& words : watch_.greeting) say(words);
}

void Watcher::stop() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  stopped_ = true;
}

void Watcher::lose(const char* how) {
  ::close(socket_);
  socket_ = -1;
  unanswered_ = 0;
  note(how);
}

void Watcher::say(const Words& words) {
  std::string bytes;
  command_of(words).encode(bytes);
  (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ++unanswered_;
}

void Watcher::turn() {
  if (socket_ < 0 && !stopped_) connect();
  if (socket_ < 0) return;
  if (unanswered_ == 0 && !watch_.question.empty()) say(watch_.question);
  char buffer[65536];
  ssize_t count = 0;
  while ((count = ::recv(socket_, buffer, sizeof buffer, 0)) > 0) {
    frames_.feed({buffer, static_cast<std::size_t>(count)});
    for (auto found = frames_.next(); found.status == resp::FrameBuffer::Status::frame; found = frames_.next()) {
      hear(found.frame);
    }
  }
  // Orderly or not is the system's business as much as the server's.
  if (count == 0 || (errno != EAGAIN && errno != EINTR)) lose("gone");
}

void Watcher::hear(ReplyView frame) {
  if (frame.type() == ReplyType::push) {
    note(to_text(frame));
    if (frame[0].as_string().value() != "ssubscribe") return;
    // This one is an answer.
    --unanswered_;
    greetings_ -= greetings_ > 0 ? 1 : 0;
    return;
  }
  --unanswered_;
  if (greetings_ > 0) {
    --greetings_;
    if (!frame.is_error()) return;
  }
  note(told(arm_, frame));
}

void Watcher::note(std::string moment) {
  const auto& passing = watch_.passing;
  const bool passes = std::any_of(passing.begin(), passing.end(),
                                  [&](const std::string& start) { return moment.starts_with(start); });
  if (!passes && moment != last()) moments_.push_back(std::move(moment));
}

bool Watcher::has_heard(const std::string& text) const {
  return std::any_of(moments_.begin(), moments_.end(),
                     [&](const std::string& moment) { return moment.find(text) != std::string::npos; });
}

// ---- the script

Watcher& Script::watch(Watcher::Watch watch) {
  watchers_.push_back(std::make_unique<Watcher>(arm_, std::move(watch)));
  return *watchers_.back();
}

std::string Script::ask_quietly(std::size_t node, const Words& words) const {
  const Reply reply = Asking{arm_.host(node), arm_.port(node)}.ask(command_of(words));
  const auto text = reply.view().as_string();
  if (reply.is_error()) return told(arm_, reply);
  return text ? std::string{*text} : to_text(reply, 1'000'000);
}

std::string Script::ask(std::size_t node, const Words& words) { return ask_in_a_row(node, {words}); }

std::string Script::ask_in_a_row(std::size_t node, const std::vector<Words>& commands) {
  Asking connection{arm_.host(node), arm_.port(node)};
  std::string line = "node " + std::to_string(node);
  std::string answer;
  for (const Words& words : commands) {
    answer = told(arm_, connection.ask(command_of(words)));
    line += ", " + joined(words);
  }
  asked_.push_back(line + ": " + answer);
  turn();
  return answer;
}

void Script::turn() {
  for (const auto& watcher : watchers_) watcher->turn();
}

void Script::until(const std::string& what, const std::function<bool()>& holds) {
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > give_up) {
      ADD_FAILURE() << "not reached: " << what;
      return;
    }
    turn();
    std::this_thread::sleep_for(500us);
  }
}

void Script::until(const Watcher& watcher, const std::string& says) {
  until(watcher.name() + ": " + says, [&] { return watcher.last() == says; });
}

void Script::watch_for(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  until("time passes", [&] { return std::chrono::steady_clock::now() > end; });
}

std::vector<std::string> Script::moments() const {
  std::vector<std::string> all = asked_;
  for (const auto& watcher : watchers_) {
    for (const std::string& moment : watcher->moments()) all.push_back(watcher->name() + ": " + moment);
  }
  return all;
}

}  // namespace trackside::testing
