#include "client/blocking_call.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "client/node_core.hpp"
#include "client/words.hpp"
#include "seam/mark.hpp"

namespace trackside::client {
namespace {

/// Where XREAD's or XREADGROUP's options say how long to wait; the command's size when they do not. Options come in any
/// order before STREAMS; a group and its consumer may be called anything.
std::size_t block_position(const Command& command) {
  for (std::size_t at = 1; at + 1 < command.size(); ++at) {
    if (is_word(command[at], "BLOCK")) {
      return at + 1;
    }
    if (is_word(command[at], "STREAMS")) {
      break;
    }
    at += is_word(command[at], "GROUP") ? 2 : is_word(command[at], "COUNT") ? 1 : 0;
  }
  return command.size();
}

/// Where the command says how long the server may wait; its size when nowhere.
std::size_t timeout_position(const Command& command, std::string_view name) {
  if (name == "BLMPOP" || name == "BZMPOP") {
    return 1;
  }
  return name == "XREAD" || name == "XREADGROUP" ? block_position(command) : command.size() - 1;
}

/// How long the server may wait, in seconds; infinite when the command says for ever. Not at all when it says nothing
/// usable: the server refuses that at once.
double server_timeout(const Command& command, std::string_view name) {
  const std::size_t at = timeout_position(command, name);
  if (at >= command.size()) {
    return 0.0;
  }
  const std::string_view text = command[at];
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0.0)) {
    return 0.0;
  }
  const bool milliseconds = name == "XREAD" || name == "XREADGROUP";
  return value > 0.0 ? value * (milliseconds ? 0.001 : 1.0) : INFINITY;
}

}  // namespace

BlockingCall::BlockingCall(NodeCore& client, Command command, Classified classified, std::uint32_t caller)
    : client_(client),
      command_(std::move(command)),
      classified_(classified),
      caller_(caller),
      link_(client.options(), {.role = link::Role::plain, .probing = link::LinkTraits::Probing::off}),
      alarm_(client.runtime(),
             {[](void* self, std::uint64_t) { static_cast<BlockingCall*>(self)->on_alarm(); }, this, 0}) {}

void BlockingCall::start() {
  link_.begin(client_.runtime().now());
  connection_ = client_.runtime().connect(client_.options().endpoint, *this);
  deadline_ = link_.deadline();
  alarm_.set(deadline_);
}

/// The server's own waiting time and the usual timeout on top.
Duration BlockingCall::patience() const {
  constexpr double longest = 3600.0 * 24 * 365;
  const double seconds = server_timeout(command_, classified_.name);
  if (seconds > longest) {
    return Duration::max();
  }
  return Duration{static_cast<std::int64_t>(seconds * 1e9)} + client_.options().command_timeout;
}

void BlockingCall::on_open() {
  link_.opened(client_.runtime().now());
  flush();
}

void BlockingCall::on_bytes(Bytes bytes) {
  link_.received(client_.runtime().now(), bytes);
  pump();
}

void BlockingCall::on_close(error_code) {
  if (!done_) {
    finish({.error = make_error_code(sent_ ? Errc::connection_lost : Errc::connect_failed)});
  }
}

void BlockingCall::pump() {
  link::LinkEvent event;
  while (!done_ && link_.next(event)) {
    if (event.kind == link::LinkEvent::Kind::failed) {
      finish({.error = event.error});
    } else if (event.kind == link::LinkEvent::Kind::reply) {
      finish({.reply = event.frame});
    } else if (event.kind == link::LinkEvent::Kind::up) {
      touch_keys(true);
      command_.encode(link_.outgoing());
      link_.expect(0, 1);
      sent_ = true;
      const Duration wait = patience();
      deadline_ = wait == Duration::max() ? never : client_.runtime().now() + wait;
      alarm_.set(deadline_);
    }
  }
  if (!done_) {
    flush();
  }
}

void BlockingCall::flush() {
  connection_->write(link_.outgoing());
  link_.outgoing().clear();
}

void BlockingCall::on_alarm() {
  if (done_) {
    return;
  }
  const Time now = client_.runtime().now();
  if (cancelled_) {
    finish({.error = make_error_code(Errc::cancelled)});
  } else if (now >= deadline_) {
    finish({.error = make_error_code(sent_ ? Errc::command_timeout : Errc::connect_timeout)});
  } else {
    alarm_.set(deadline_);
  }
}

void BlockingCall::cancel() {
  cancelled_ = true;
  alarm_.set(client_.runtime().now());
}

void BlockingCall::touch_keys(bool counted) {
  Keys keys;
  keys_of(command_, classified_, keys);
  if (keys.empty() || client_.cache() == nullptr) {
    return;
  }
  const std::span<const std::string_view> names{keys.data(), keys.size()};
  if (counted) {
    client_.cache()->invalidate(names);
  } else {
    client_.cache()->fence(names);
  }
}

void BlockingCall::finish(const Outcome& outcome) {
  TRACKSIDE_MARK_IF(blocking_call_failed_under_way, sent_ && outcome.error);
  TRACKSIDE_MARK_IF(blocking_call_answered, !outcome.error);
  done_ = true;
  alarm_.clear();
  if (sent_) {
    touch_keys(false);
  }
  connection_.reset();
  client_.blocking_ended(*this, caller_, outcome);
}

}  // namespace trackside::client
