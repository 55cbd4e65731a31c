#include "properties/testing/running/companion_reader.hpp"

#include <array>
#include <utility>

#include "properties/testing/running/typed_reading.hpp"

namespace trackside::testing {
namespace {

/// What CLIENT TRACKINGINFO says.
Registration registration_in(ReplyView info) {
  Registration registration;
  for (std::size_t at = 0; at + 1 < info.size(); at += 2) {
    const auto name = info[at].as_string();
    if (name && *name == "redirect") {
      registration.redirect = info[at + 1].as_integer() ? *info[at + 1].as_integer() : 0;
    } else if (name && *name == "flags") {
      for (const ReplyView flag : info[at + 1]) {
        registration.noloop = registration.noloop || (flag.as_string() && *flag.as_string() == "noloop");
      }
    }
  }
  return registration;
}

/// When a reply is to be forgotten; nothing if it is not to be kept.
std::optional<ServerTime> expiry_of(ReplyView value, ReplyView expiry) {
  constexpr std::int64_t no_key = -2;
  constexpr std::int64_t forever = -1;
  const auto at_ms = expiry.as_integer();
  if (value.is_error() || expiry.is_error() || !at_ms || (*at_ms == no_key && !value.is_null())) {
    return std::nullopt;
  }
  return *at_ms == no_key || *at_ms == forever ? no_expiry : *at_ms * 1'000'000;
}

}  // namespace

CompanionReader::CompanionReader(Runtime& runtime, const ClientOptions& options, std::shared_ptr<AbstractCache> cache)
    : runtime_(runtime), options_(options), cache_(std::move(cache)) {}

CompanionReader::~CompanionReader() { runtime_.cancel(timeout_); }

void CompanionReader::read(std::string key, Answered answered) {
  if (answered_) {
    answered({.failed = true});
    return;
  }
  key_ = std::move(key);
  answered_ = std::move(answered);
  if (Reply found; cache_->get(query(), found)) {
    finish({.reply = found, .is_cached = true});
    return;
  }
  const auto give_up = [](void* self, std::uint64_t) {
    auto& reader = *static_cast<CompanionReader*>(self);
    reader.timeout_ = TimerId::none;
    reader.lose();  // what was asked may still be answered; nobody knows any more which question it answers
  };
  timeout_ = runtime_.call_at(runtime_.now() + options_.command_timeout, {give_up, this, 0});
  if (connection_ == nullptr) {
    frames_.clear();
    connection_ = runtime_.connect(options_.endpoint, *this);
  } else if (is_ready_) {
    fetch();
  }
}

void CompanionReader::stop() { lose(); }

void CompanionReader::ask(Step step, const Command& command) {
  std::string bytes;
  command.encode(bytes);
  awaited_.push_back(step);
  connection_->write(bytes);
}

void CompanionReader::on_open() {
  Command hello{"HELLO", options_.protocol == Protocol::resp2 ? "2" : "3"};
  if (!options_.password.empty()) {
    hello.add("AUTH").add("default").add(options_.password);
  }
  ask(Step::hello, hello);
  if (options_.database != 0) {
    ask(Step::select, {"SELECT", std::to_string(options_.database)});
  }
  ask(Step::id, {"CLIENT", "ID"});
}

void CompanionReader::register_connection() {
  const std::optional<std::int64_t> link = cache_->get_client_id();
  registered_with_ = link;
  if (link) {
    ask(Step::tracking, {"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(*link)});
    asked_at_ = runtime_.now();
    ask(Step::info, {"CLIENT", "TRACKINGINFO"});
  }
}

void CompanionReader::fetch() {
  if (needs_registration() && registered_with_ != cache_->get_client_id()) {
    register_connection();
  }
  fill_ = cache_->begin_fill(query(), DataConnection{client_id_});
  if (fill_ == Fill::none && cache_->accepts(query())) {
    registered_with_.reset();  // perhaps the cache knows this connection no more: the next time it is registered anew
  }
  ask(Step::value, {"GET", key_});
  ask(Step::expiry, {"PEXPIRETIME", key_});
}

void CompanionReader::on_bytes(Bytes bytes) {
  frames_.feed(bytes);
  while (connection_ != nullptr) {
    const auto next = frames_.next();
    if (next.status == resp::FrameBuffer::Status::incomplete) {
      return;
    }
    if (next.status == resp::FrameBuffer::Status::error) {
      frames_.feed(bytes);  // more of the same comes: what is broken stays so
      if (frames_.next().status != resp::FrameBuffer::Status::error) {
        misreading_ = "a broken stream was whole again";
      }
    }
    if (next.status == resp::FrameBuffer::Status::error || (awaited_.empty() && next.frame.type() != ReplyType::push)) {
      lose();
      return;
    }
    if (next.frame.type() == ReplyType::push) {
      misreading_ = misreading_.empty() ? testing::misreading({}, next.frame, options_.protocol) : misreading_;
    } else {
      const Step step = awaited_.front();
      awaited_.erase(awaited_.begin());
      on_reply(step, next.frame);
    }
  }
}

void CompanionReader::on_reply(Step step, ReplyView reply) {
  switch (step) {
    case Step::hello:
    case Step::select:
      if (reply.is_error()) {
        lose();  // it would go on in the other protocol, with replies of other forms, or in the other database
      }
      return;
    case Step::id:
      if (!reply.as_integer()) {
        lose();
        return;
      }
      client_id_ = *reply.as_integer();
      is_ready_ = true;
      if (answered_) {
        fetch();
      }
      return;
    case Step::tracking: return;
    case Step::info: {
      Registration registration = registration_in(reply);
      registration.client_id = client_id_;
      registration.asked_at = asked_at_;
      if (reply.is_error() || cache_->register_connection(registration)) {
        registered_with_.reset();
      }
      return;
    }
    case Step::value: value_ = Reply{reply}; return;
    case Step::expiry: keep(reply); return;
  }
}

void CompanionReader::keep(ReplyView expiry) {
  const auto expires_at = expiry_of(value_, expiry);
  const Fill fill = std::exchange(fill_, Fill::none);
  if (expires_at) {
    cache_->put(fill, query(), value_, *expires_at);
  } else {
    cache_->abandon_fill(fill);
    cache_->seen({std::array<std::string_view, 1>{key_}}, DataConnection{client_id_});
  }
  finish({.reply = value_});
}

void CompanionReader::on_close(error_code) { lose(); }

void CompanionReader::lose() {
  cache_->abandon_fill(std::exchange(fill_, Fill::none));
  if (std::exchange(is_ready_, false)) {
    cache_->connection_lost(client_id_);
  }
  registered_with_.reset();
  awaited_.clear();
  if (connection_ != nullptr) {
    connection_->close(CloseMode::abortive);
    connection_.reset();
  }
  finish({.failed = true});
}

void CompanionReader::finish(const Answer& answer) {
  runtime_.cancel(std::exchange(timeout_, TimerId::none));
  if (const Answered answered = std::exchange(answered_, {})) {
    answered(answer);
  }
}

}  // namespace trackside::testing
