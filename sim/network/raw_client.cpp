// See raw_client.hpp.
#include "sim/network/raw_client.hpp"

#include <utility>

#include "sim/operation_words.hpp"
#include "trackside/command.hpp"

namespace trackside::sim {
namespace {

constexpr Duration pause_before_retry = std::chrono::milliseconds{50};
constexpr std::uint32_t no_id = UINT32_MAX;  // AUTH and SELECT: nobody waits for their replies

/// Appends the command or the transaction; returns how many replies will come.
std::uint32_t encode(std::span<const std::string> words, std::string& out) {
  if (words.size() == 2 && words[0] == "RAW") {
    out += words[1];
    return 1;
  }
  const bool transaction = is_transaction(words);
  std::uint32_t commands = transaction ? 2 : 0;
  if (transaction) {
    Command{"MULTI"}.encode(out);
  }
  for (const auto each : commands_in(words)) {
    Command command;
    for (const std::string& word : each) {
      command.add(word);
    }
    command.encode(out);
    ++commands;
  }
  if (transaction) {
    Command{"EXEC"}.encode(out);
  }
  return commands;
}

}  // namespace

RawClient::RawClient(Runtime& runtime, Endpoint endpoint, std::string password, RawClientEvents* events,
                     std::uint32_t database)
    : runtime_(runtime),
      endpoint_(std::move(endpoint)),
      password_(std::move(password)),
      database_(database),
      events_(events) {}

RawClient::~RawClient() {
  runtime_.cancel(retry_);
}

void RawClient::start() {
  connection_ = runtime_.connect(endpoint_, *this);
}

void RawClient::send(std::uint32_t id, std::span<const std::string> words, Prelude prelude) {
  Waiting command{id, 0, {}};
  if (prelude == Prelude::asking) {
    Command{"ASKING"}.encode(command.bytes);
  }
  command.replies = encode(words, command.bytes);
  if (command.replies == 0) {
    return;
  }
  command.replies += prelude == Prelude::asking ? 1 : 0;
  if (open_) {
    transmit(std::move(command));
  } else {
    waiting_.push_back(std::move(command));
  }
}

std::vector<std::uint32_t> RawClient::take_waiting() {
  std::vector<std::uint32_t> ids;
  for (const Waiting& command : std::exchange(waiting_, {})) {
    ids.push_back(command.id);
  }
  return ids;
}

void RawClient::transmit(Waiting command) {
  in_flight_.push_back({command.id, command.replies});
  connection_->write(command.bytes);
}

void RawClient::on_open() {
  open_ = true;
  frames_.clear();
  const auto begin_with = [&](const Command& command) {
    Waiting first{no_id, 1, {}};
    command.encode(first.bytes);
    transmit(std::move(first));
  };
  if (!password_.empty()) {
    begin_with({"AUTH", password_});
  }
  if (database_ != 0) {
    begin_with({"SELECT", std::to_string(database_)});
  }
  while (!waiting_.empty()) {
    transmit(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

void RawClient::on_bytes(Bytes bytes) {
  frames_.feed(bytes);
  for (auto next = frames_.next(); next.status != resp::FrameBuffer::Status::incomplete; next = frames_.next()) {
    if (next.status == resp::FrameBuffer::Status::error) {
      connection_->close(CloseMode::abortive);
      return;
    }
    answer(next.frame);
  }
}

void RawClient::answer(ReplyView reply) {
  if (in_flight_.empty()) {
    return;  // a farewell, such as "max number of clients reached"
  }
  InFlight& first = in_flight_.front();
  const std::uint32_t id = first.id;
  if (--first.replies > 0) {
    if (events_ != nullptr && reply.is_error()) {
      events_->on_refusal(id, reply);
    }
    return;
  }
  in_flight_.pop_front();
  if (events_ != nullptr && id != no_id) {
    events_->on_reply(id, reply);
  }
}

void RawClient::on_close(error_code) {
  open_ = false;
  for (const InFlight& lost : std::exchange(in_flight_, {})) {
    if (events_ != nullptr && lost.id != no_id) {
      events_->on_lost(lost.id);
    }
  }
  if (events_ != nullptr) {
    events_->on_disconnected();
  }
  const auto again = [](void* self, std::uint64_t) {
    auto& client = *static_cast<RawClient*>(self);
    client.retry_ = TimerId::none;
    client.start();
  };
  retry_ = runtime_.call_at(runtime_.now() + pause_before_retry, {again, this, 0});
}

}  // namespace trackside::sim
