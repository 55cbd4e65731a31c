#include "sentinel/sentinel_link.hpp"

#include <utility>

#include "link/handshake.hpp"
#include "link/probe.hpp"
#include "resp/syntax.hpp"
#include "seam/assertion.hpp"
#include "seam/mark.hpp"
#include "trackside/command.hpp"

namespace trackside::sentinel {
namespace {

constexpr int questions_per_max_idle = 4;
constexpr std::string_view channel = "+switch-master";

/// What a sentinel has to say is short.
constexpr ReplyLimits limits{.max_bytes = std::size_t{1} << 20, .max_depth = 8};

std::optional<Endpoint> address(std::string_view host, std::string_view port) {
  const auto number = resp::parse_integer(port);
  if (host.empty() || !number || *number <= 0 || *number > UINT16_MAX) {
    return std::nullopt;
  }
  return Endpoint{.host = std::string{host}, .port = static_cast<std::uint16_t>(*number)};
}

std::optional<Endpoint> address_in(ReplyView pair) {
  const auto host = pair[0].as_string();
  const auto port = pair[1].as_string();
  return host && port ? address(*host, *port) : std::nullopt;
}

/// One of SENTINEL SENTINELS: names and values.
std::optional<Peer> peer_in(ReplyView properties) {
  std::string_view id;
  std::string_view host;
  std::string_view port;
  for (auto at = properties.begin(); at != properties.end(); ++at) {
    const auto name = (*at).as_string();
    if (++at == properties.end()) {
      return std::nullopt;
    }
    const auto value = (*at).as_string();
    if (!name || !value) {
      continue;
    }
    if (*name == "runid") {
      id = *value;
    } else if (*name == "ip") {
      host = *value;
    } else if (*name == "port") {
      port = *value;
    }
  }
  const auto endpoint = address(host, port);
  return endpoint && !id.empty() ? std::optional{Peer{std::string{id}, *endpoint}} : std::nullopt;
}

bool is_denied(ReplyView error) {
  const std::string_view text = error.as_string().value();
  return text.starts_with("NOAUTH") || text.starts_with("WRONGPASS") || text.starts_with("NOPERM");
}

}  // namespace

SentinelLink::SentinelLink(const ClientOptions& options, Duration max_idle)
    : options_(options), max_idle_(max_idle), frames_(limits) {}

void SentinelLink::begin(Time now) {
  state_ = State::connecting;
  now_ = now;
  frames_.clear();
  outgoing_.clear();
  connect_deadline_ = now + options_.connect_timeout;
  ask_at_ = never;
  awaited_.reset();
  ask_again_ = false;
  silence_ = {};
}

void SentinelLink::opened(Time now) {
  TRACKSIDE_ASSERT(state_ == State::connecting);
  state_ = State::greeting;
  now_ = now;
  Command hello{"HELLO", "3"};
  if (!options_.sentinel_password.empty()) {
    hello.add("AUTH").add(options_.sentinel_username.empty() ? "default" : options_.sentinel_username);
    hello.add(options_.sentinel_password);
  }
  hello.encode(outgoing_);
  Command{"SENTINEL", "MYID"}.encode(outgoing_);
  Command{"SUBSCRIBE", channel}.encode(outgoing_);
  awaited_ = Step::hello;
}

void SentinelLink::received(Time now, Bytes bytes) {
  now_ = now;
  frames_.feed(bytes);
}

void SentinelLink::send_question(Time now) {
  asked_ = now;
  ask_at_ = now + max_idle_ / questions_per_max_idle;
  ask_again_ = false;
  Command{"PING", link::Probe::echo_of(++nonce_)}.encode(outgoing_);
  Command{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.service}.encode(outgoing_);
  Command{"SENTINEL", "SENTINELS", options_.service}.encode(outgoing_);
  awaited_ = Step::ping;
}

void SentinelLink::ask(Time now) {
  now_ = now;
  if (is_up() && !awaited_) {
    send_question(now);
  } else {
    ask_again_ = true;
  }
}

Time SentinelLink::deadline() const {
  switch (state_) {
    case State::idle:
    case State::failed: return never;
    case State::connecting:
    case State::greeting: return connect_deadline_;
    case State::up: break;
  }
  return awaited_ ? asked_ + max_idle_ : ask_at_;
}

void SentinelLink::tick(Time now) {
  now_ = now;
  if (now < deadline()) {
    return;
  }
  if (state_ != State::up) {
    silence_ = make_error_code(Errc::connect_timeout);
  } else if (awaited_) {
    TRACKSIDE_MARK(sentinel_was_silent);
    silence_ = make_error_code(Errc::idle_breach);
  } else {
    send_question(now);
  }
}

bool SentinelLink::fail(SentinelEvent& event, error_code error) {
  state_ = State::failed;
  event = {.kind = SentinelEvent::Kind::failed, .error = error};
  return true;
}

bool SentinelLink::next(SentinelEvent& event) {
  if (state_ == State::failed || state_ == State::idle) {
    return false;
  }
  if (silence_) {
    return fail(event, silence_);
  }
  const auto last = frames_.take_until([&](ReplyView frame) {
    return frame.type() == ReplyType::push ? on_push(frame, event) : on_reply(frame, event);
  });
  using Status = resp::FrameBuffer::Status;
  return last.status == Status::error ? fail(event, last.error) : last.status == Status::frame;
}

/// "name old-host old-port new-host new-port"; and the subscription's confirmation.
bool SentinelLink::on_push(ReplyView push, SentinelEvent& event) {
  const auto kind = push[0].as_string();
  if (kind && *kind == "subscribe" && awaited_ == Step::subscription) {
    state_ = State::up;
    event = {.kind = SentinelEvent::Kind::up};
    send_question(now_);
    return true;
  }
  const auto text = push[2].as_string();
  const auto by = push[1].as_string();
  if (!kind || *kind != "message" || !by || *by != channel || !text) {
    return false;
  }
  std::string_view rest = *text;
  if (resp::next_word(rest) != options_.service) {
    return false;
  }
  const std::string_view host = resp::next_word(rest);
  const auto left = address(host, resp::next_word(rest));
  if (!left) {
    return false;
  }
  event = {.kind = SentinelEvent::Kind::announced, .asked = now_, .primary = left};
  TRACKSIDE_MARK(switch_announced);
  ask(now_);
  return true;
}

bool SentinelLink::on_reply(ReplyView reply, SentinelEvent& event) {
  if (!awaited_) {
    return fail(event, make_error_code(Errc::protocol_error));
  }
  return state_ == State::greeting ? on_greeting(reply, event) : on_answer(reply, event);
}

bool SentinelLink::on_greeting(ReplyView reply, SentinelEvent& event) {
  if (reply.is_error()) {
    return fail(event, make_error_code(is_denied(reply) ? Errc::authentication_failed : Errc::handshake_refused));
  }
  if (*awaited_ == Step::hello) {
    const auto identity = link::read_identity(reply, Protocol::resp3);
    if (!identity || !identity->sentinel) {
      return fail(event, identity ? make_error_code(Errc::wrong_role) : identity.error());
    }
    awaited_ = Step::id;
    return false;
  }
  const auto id = reply.as_string();
  if (*awaited_ != Step::id || !id || id->empty()) {
    return fail(event, make_error_code(Errc::protocol_error));
  }
  id_ = *id;
  awaited_ = Step::subscription;
  return false;
}

bool SentinelLink::on_answer(ReplyView reply, SentinelEvent& event) {
  switch (*awaited_) {
    case Step::ping:
      if (!link::Probe::echoes(reply, nonce_)) {
        return fail(event, make_error_code(Errc::identity_changed));
      }
      awaited_ = Step::primary;
      return false;
    case Step::primary:
      primary_ = address_in(reply);
      awaited_ = Step::others;
      return false;
    case Step::others:
      event = {.kind = SentinelEvent::Kind::answered, .asked = asked_, .primary = primary_};
      for (const ReplyView each : reply) {
        if (auto peer = peer_in(each); peer && event.others.size() < sentinels_max) {
          event.others.push_back(std::move(*peer));
        }
      }
      awaited_.reset();
      if (ask_again_) {
        TRACKSIDE_MARK(sentinel_asked_again_at_once);
        send_question(now_);
      }
      return true;
    case Step::hello:
    case Step::id:
    case Step::subscription: break;
  }
  return fail(event, make_error_code(Errc::protocol_error));
}

}  // namespace trackside::sentinel
