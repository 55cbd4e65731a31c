// A program that has its own connection to the server and keeps what it reads in its client's cache, as
// impl/examples/cached_reader.hpp does with hiredis: asks the cache, opens a fill, reads the value and the time of its
// end, gives the reply back. With Selection::all its connection redirects its invalidations to the cache's link and is
// registered; with broadcasts the link hears of every key anyway.
//
// One question at a time; a further one while one is under way is given up at once. Works on one simulated host, like
// the client beside it, under the same faults.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resp/frame_buffer.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/command.hpp"
#include "trackside/options.hpp"
#include "trackside/runtime.hpp"

namespace trackside::testing {

class CompanionReader final : private ConnectionEvents {
 public:
  struct Answer {
    bool failed = false;
    ReplyView reply{};  // during the call
    bool is_cached = false;
  };
  using Answered = std::function<void(const Answer&)>;

  CompanionReader(Runtime& runtime, const ClientOptions& options, std::shared_ptr<AbstractCache> cache);
  ~CompanionReader();
  CompanionReader(const CompanionReader&) = delete;
  CompanionReader& operator=(const CompanionReader&) = delete;

  /// GET of the key. Answers once, within the client's command timeout; perhaps from inside this call.
  void read(std::string key, Answered answered);
  /// What is wrong with how pushes read that came on its connection, of whatever kind; empty: nothing.
  const std::string& misreading() const { return misreading_; }
  /// What is under way fails; the connection ends.
  void stop();

 private:
  enum class Step : std::uint8_t { hello, select, id, tracking, info, value, expiry };

  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_close(error_code reason) override;

  Query query() const { return {.command = "GET", .key = key_}; }
  bool needs_registration() const { return cache_->tracking().selection == Selection::all; }
  void ask(Step step, const Command& command);
  void register_connection();
  void fetch();
  void on_reply(Step step, ReplyView reply);
  void keep(ReplyView expiry);
  void lose();
  void finish(const Answer& answer);

  Runtime& runtime_;
  const ClientOptions options_;
  const std::shared_ptr<AbstractCache> cache_;
  std::unique_ptr<Connection> connection_;
  resp::FrameBuffer frames_{ReplyLimits{}};
  std::vector<Step> awaited_;
  bool is_ready_ = false;  // its id is known
  std::int64_t client_id_ = 0;
  std::optional<std::int64_t> registered_with_;  // the client id of the link
  Time asked_at_{};

  TimerId timeout_ = TimerId::none;
  std::string key_;
  Answered answered_;  // empty: nothing is under way
  Fill fill_ = Fill::none;
  Reply value_;
  std::string misreading_;
};

}  // namespace trackside::testing
