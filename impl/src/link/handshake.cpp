#include "link/handshake.hpp"

#include <charconv>

#include "seam/mark.hpp"

namespace trackside::link {
namespace {

bool starts_with(ReplyView error, std::string_view prefix) { return error.as_string().value().starts_with(prefix); }

Errc meaning_of_hello_error(ReplyView error) {
  if (starts_with(error, "NOAUTH") || starts_with(error, "WRONGPASS") || starts_with(error, "NOPERM") ||
      starts_with(error, "ERR AUTH") || starts_with(error, "ERR invalid password")) {
    return Errc::authentication_failed;
  }
  if (starts_with(error, "NOPROTO") || starts_with(error, "ERR unknown command")) {
    return Errc::resp3_unsupported;
  }
  return Errc::handshake_refused;
}

/// "7.4.1" as 704.
int version_number(std::string_view text) {
  int major = 0;
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, major);
  if (parsed.ptr != end && *parsed.ptr == '.') {
    std::from_chars(parsed.ptr + 1, end, minor);
  }
  return major * 100 + minor;
}

void read_property(Identity& identity, std::string_view name, ReplyView value, bool& has_id) {
  if (name == "id") {
    const auto id = value.as_integer();
    has_id = id.has_value();
    identity.client_id = has_id ? *id : 0;
  } else if (name == "proto") {
    identity.protocol = value.as_integer() ? *value.as_integer() : 0;
  } else if (name == "role") {
    identity.primary = value.as_string() && *value.as_string() == "master";
  } else if (name == "version") {
    identity.version = value.as_string() ? version_number(*value.as_string()) : 0;
  } else if (name == "mode") {
    identity.cluster = value.as_string() && *value.as_string() == "cluster";
    identity.sentinel = value.as_string() && *value.as_string() == "sentinel";
  }
}

bool overlap(std::string_view left, std::string_view right) {
  return left.starts_with(right) || right.starts_with(left);
}

}  // namespace

Result<Identity> read_identity(ReplyView hello, Protocol protocol) {
  const ReplyType expected = protocol == Protocol::resp3 ? ReplyType::map : ReplyType::array;
  if (hello.type() != expected || hello.size() % 2 != 0) {
    return make_error_code(Errc::not_redis);
  }
  Identity identity;
  bool has_id = false;
  for (auto at = hello.begin(); at != hello.end(); ++at) {
    const auto name = (*at).as_string();
    const ReplyView value = *++at;
    if (name) {
      read_property(identity, *name, value, has_id);
    }
  }
  if (!has_id || identity.protocol != static_cast<std::int64_t>(protocol)) {
    return make_error_code(Errc::not_redis);
  }
  return identity;
}

Command tracking_command(const TrackingOptions& options, std::int64_t redirect) {
  Command command{"CLIENT", "TRACKING", "ON"};
  if (redirect != 0) {
    command.add("REDIRECT").add(std::to_string(redirect));
  }
  switch (options.selection) {
    case Selection::all: break;
    case Selection::opt_in: command.add("OPTIN"); break;
    case Selection::opt_out: command.add("OPTOUT"); break;
    case Selection::broadcast:
      command.add("BCAST");
      for (const std::string& prefix : options.prefixes) {
        command.add("PREFIX").add(prefix);
      }
      break;
  }
  return command;
}

error_code judge(const TrackingOptions& options, Protocol protocol) {
  if (options.noloop) {
    return make_error_code(Errc::noloop_unsound);
  }
  bool valid = options.prefixes.empty() || options.selection == Selection::broadcast;
  valid = valid && (protocol == Protocol::resp3 || options.delivery == Delivery::redirect);
  for (std::size_t first = 0; first < options.prefixes.size(); ++first) {
    for (std::size_t second = first + 1; second < options.prefixes.size(); ++second) {
      // The server answers some of these with an error and an OK behind it, which no pipeline survives.
      valid = valid && !overlap(options.prefixes[first], options.prefixes[second]);
    }
  }
  return valid ? error_code{} : make_error_code(Errc::tracking_invalid);
}

void Handshake::begin(const Terms& terms, std::string& out) {
  *this = Handshake{};
  const ClientOptions& options = terms.client;
  Command hello{"HELLO", options.protocol == Protocol::resp3 ? "3" : "2"};
  if (!options.password.empty()) {
    hello.add("AUTH").add(options.username.empty() ? "default" : options.username).add(options.password);
  }
  if (!options.client_name.empty()) {
    hello.add("SETNAME").add(options.client_name);
  }
  hello.encode(out);
  awaited_ = 1;
  if (options.database != 0 && terms.role != Role::invalidations) {
    Command{"SELECT", std::to_string(options.database)}.encode(out);
    selects_ = true;
    ++awaited_;
  }
  const bool broadcasts = terms.tracking.selection == Selection::broadcast;
  if (terms.role == Role::tracking ||
      (terms.role == Role::invalidations && broadcasts && options.protocol == Protocol::resp3)) {
    tracking_command(terms.tracking, 0).encode(out);
    tracks_ = true;
    ++awaited_;
  }
}

Handshake::State Handshake::fail(Errc code) {
  error_ = make_error_code(code);
  return State::failed;
}

Handshake::State Handshake::on_hello(const Terms& terms, ReplyView reply, std::string& out) {
  if (reply.is_error()) {
    return fail(meaning_of_hello_error(reply));
  }
  const auto identity = read_identity(reply, terms.client.protocol);
  if (!identity) {
    error_ = identity.error();
    return State::failed;
  }
  if (identity->sentinel) {
    return fail(Errc::sentinel_unsupported);
  }
  if (identity->cluster != terms.in_cluster && (terms.in_cluster || terms.strict || terms.role != Role::plain)) {
    return fail(Errc::cluster_unsupported);
  }
  if (!identity->primary && !terms.in_cluster) {
    TRACKSIDE_MARK(connected_to_a_replica);
    return fail(Errc::wrong_role);
  }
  identity_ = *identity;
  if (terms.role == Role::invalidations && terms.client.protocol == Protocol::resp2) {
    subscribe(terms, out);
  }
  return State::going_on;
}

/// From the subscription on only PING is allowed; so what else is to be said comes before it.
void Handshake::subscribe(const Terms& terms, std::string& out) {
  if (terms.tracking.selection == Selection::broadcast) {
    tracking_command(terms.tracking, identity_.client_id).encode(out);
    tracks_ = true;
    ++awaited_;
  }
  Command{"SUBSCRIBE", invalidation_channel}.encode(out);
  ++awaited_;
}

void Handshake::next_step() {
  const auto follows = [this](Step step) {
    return step == Step::select ? selects_ : step == Step::tracking ? tracks_ : true;
  };
  do {
    step_ = static_cast<Step>(static_cast<std::uint8_t>(step_) + 1);
  } while (!follows(step_));
}

Handshake::State Handshake::on_reply(const Terms& terms, ReplyView reply, std::string& out) {
  --awaited_;
  switch (step_) {
    case Step::hello:
      if (on_hello(terms, reply, out) == State::failed) {
        return State::failed;
      }
      break;
    case Step::select:
      if (reply.is_error()) {
        return fail(Errc::handshake_refused);
      }
      break;
    case Step::tracking:
      if (reply.is_error()) {
        TRACKSIDE_MARK(tracking_refused);
        return fail(Errc::tracking_refused);
      }
      break;
    case Step::subscribe:
      if (reply.is_error() || !reply[0].as_string() || *reply[0].as_string() != "subscribe") {
        return fail(Errc::tracking_refused);
      }
      break;
  }
  if (awaited_ == 0) {
    return State::done;
  }
  next_step();
  return State::going_on;
}

}  // namespace trackside::link
