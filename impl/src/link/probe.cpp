#include "link/probe.hpp"

#include "seam/saturating.hpp"

#include "trackside/command.hpp"

namespace trackside::link {
namespace {

/// How often SWAPDB was called, out of {"swapdb": {"calls": n, ...}}; 0 when it never was.
std::int64_t swap_count(ReplyView histogram) {
  for (auto at = histogram.begin(); at != histogram.end(); ++at) {
    const ReplyView details = *++at;
    if (details.type() != ReplyType::map) {
      continue;
    }
    for (auto field = details.begin(); field != details.end(); ++field) {
      const auto name = (*field).as_string();
      const ReplyView value = *++field;
      if (name && *name == "calls" && value.as_integer()) {
        return *value.as_integer();
      }
    }
  }
  return 0;
}

}  // namespace

std::string Probe::echo_of(std::uint64_t nonce) { return "trackside:" + std::to_string(nonce); }

void Probe::reset(const Identity& expected) {
  *this = Probe{};
  expected_ = expected;
}

void Probe::begin(Time now, std::string& out) {
  ++nonce_;
  awaited_ = replies;
  proved_ = true;
  sent_at_ = now;
  Command{"PING", echo_of(nonce_)}.encode(out);
  static constexpr std::string_view rest =
      "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*1\r\n$4\r\nTIME\r\n";
  out.append(rest);
  ask_swaps(out);
}

void Probe::ask_swaps(std::string& out) {
  out.append("*3\r\n$7\r\nLATENCY\r\n$9\r\nHISTOGRAM\r\n$6\r\nswapdb\r\n");
}

Probe::Outcome Probe::change(Errc code) {
  error_ = make_error_code(code);
  return Outcome::changed;
}

Probe::Outcome Probe::on_reply(ReplyView reply) {
  const std::uint32_t position = replies - awaited_--;
  switch (position) {
    case 0: return check_ping(reply);
    case 1: return check_hello(reply);
    case 2: read_time(reply); return Outcome::going_on;
    default: return conclude(reply);
  }
}

Probe::Outcome Probe::check_ping(ReplyView reply) {
  if (reply.is_error()) {
    proved_ = false;
    return Outcome::going_on;
  }
  const auto echo = reply.as_string();
  return echo && *echo == echo_of(nonce_) ? Outcome::going_on : change(Errc::identity_changed);
}

Probe::Outcome Probe::check_hello(ReplyView reply) {
  if (reply.is_error()) {
    proved_ = false;
    return Outcome::going_on;
  }
  const auto identity = read_identity(reply);
  if (!identity || identity->client_id != expected_.client_id) {
    return change(Errc::identity_changed);
  }
  return identity->primary ? Outcome::going_on : change(Errc::wrong_role);
}

void Probe::read_time(ReplyView reply) {
  const auto seconds = reply[0].as_integer();
  const auto microseconds = reply[1].as_integer();
  if (!seconds || !microseconds) {
    proved_ = false;
    return;
  }
  server_time_ = saturating_sum(saturating_product(*seconds, 1'000'000'000), saturating_product(*microseconds, 1'000));
}

bool Probe::swapped(ReplyView histogram) {
  if (histogram.type() != ReplyType::map) {
    return false;
  }
  const std::int64_t swaps = swap_count(histogram);
  const bool changed = swaps_known_ && swaps != swaps_;
  swaps_known_ = true;
  swaps_ = swaps;
  return changed;
}

Probe::Outcome Probe::conclude(ReplyView histogram) {
  if (!proved_) {
    return Outcome::unproved;
  }
  return swapped(histogram) ? Outcome::answered_swapped : Outcome::answered;
}

}  // namespace trackside::link
