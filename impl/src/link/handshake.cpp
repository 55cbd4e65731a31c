#include "link/handshake.hpp"

#include <charconv>

#include "trackside/command.hpp"

namespace trackside::link {
namespace {

bool starts_with(ReplyView error, std::string_view prefix) {
  return error.as_string().value().starts_with(prefix);
}

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

}  // namespace

Result<Identity> read_identity(ReplyView hello) {
  if (hello.type() != ReplyType::map) {
    return make_error_code(Errc::not_redis);
  }
  Identity identity;
  bool has_id = false;
  for (auto at = hello.begin(); at != hello.end(); ++at) {
    const auto name = (*at).as_string();
    const ReplyView value = *++at;
    if (!name) {
      continue;
    }
    if (*name == "id") {
      const auto id = value.as_integer();
      has_id = id.has_value();
      identity.client_id = has_id ? *id : 0;
    } else if (*name == "proto") {
      identity.protocol = value.as_integer() ? *value.as_integer() : 0;
    } else if (*name == "role") {
      identity.primary = value.as_string() && *value.as_string() == "master";
    } else if (*name == "version") {
      identity.version = value.as_string() ? version_number(*value.as_string()) : 0;
    } else if (*name == "mode") {
      identity.cluster = value.as_string() && *value.as_string() == "cluster";
    }
  }
  if (!has_id || identity.protocol != 3) {
    return make_error_code(Errc::not_redis);
  }
  return identity;
}

void Handshake::begin(const ClientOptions& options, Tracking tracking, std::string& out) {
  *this = Handshake{};
  Command hello{"HELLO", "3"};
  if (!options.password.empty()) {
    hello.add("AUTH").add(options.username.empty() ? "default" : options.username).add(options.password);
  }
  if (!options.client_name.empty()) {
    hello.add("SETNAME").add(options.client_name);
  }
  hello.encode(out);
  awaited_ = 1;
  if (options.database != 0) {
    Command{"SELECT", std::to_string(options.database)}.encode(out);
    selects_ = true;
    ++awaited_;
  }
  if (tracking == Tracking::on) {
    Command{"CLIENT", "TRACKING", "ON"}.encode(out);
    tracks_ = true;
    ++awaited_;
  }
}

Handshake::State Handshake::fail(Errc code) {
  error_ = make_error_code(code);
  return State::failed;
}

Handshake::State Handshake::on_reply(ReplyView reply) {
  --awaited_;
  switch (step_) {
    case Step::hello: {
      if (reply.is_error()) {
        return fail(meaning_of_hello_error(reply));
      }
      const auto identity = read_identity(reply);
      if (!identity) {
        error_ = identity.error();
        return State::failed;
      }
      if (!identity->primary) {
        return fail(Errc::wrong_role);
      }
      if (identity->cluster && tracks_) {
        return fail(Errc::cluster_unsupported);
      }
      identity_ = *identity;
      step_ = selects_ ? Step::select : Step::tracking;
      break;
    }
    case Step::select:
      if (reply.is_error()) {
        return fail(Errc::handshake_refused);
      }
      step_ = Step::tracking;
      break;
    case Step::tracking:
      if (reply.is_error()) {
        return fail(Errc::tracking_refused);
      }
      break;
  }
  return awaited_ == 0 ? State::done : State::going_on;
}

}  // namespace trackside::link
