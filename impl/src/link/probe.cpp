#include "link/probe.hpp"

#include <charconv>

#include "seam/mark.hpp"
#include "seam/saturating.hpp"

#include "trackside/command.hpp"

namespace trackside::link {
namespace {

bool is_map(ReplyView reply, Protocol protocol) {
  return reply.type() == (protocol == Protocol::resp3 ? ReplyType::map : ReplyType::array);
}

/// The value behind `name` in a map, or in the flat array that RESP2 has for one; null if it is not there.
ReplyView value_of(ReplyView map, std::string_view name, Protocol protocol) {
  const bool readable = is_map(map, protocol) && map.size() % 2 == 0;
  for (auto at = map.begin(); readable && at != map.end(); ++at) {
    const auto found = (*at).as_string();
    ++at;
    if (found && *found == name) {
      return *at;
    }
  }
  return {};
}

std::optional<std::uint64_t> number_behind(std::string_view name, std::string_view text) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view digits = text.substr(at + name.size());
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return parsed.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

}  // namespace

std::string Probe::echo_of(std::uint64_t nonce) { return "trackside:" + std::to_string(nonce); }

bool Probe::echoes(ReplyView reply, std::uint64_t nonce) {
  const auto echo = (reply.type() == ReplyType::array ? reply[1] : reply).as_string();
  return echo && *echo == echo_of(nonce);
}

void Probe::reset(const Identity& expected, Protocol protocol, Questions questions) {
  const Duty duty = duty_;
  *this = Probe{};
  duty_ = duty;
  expected_ = expected;
  protocol_ = protocol;
  asks_ = questions;
}

void Probe::begin(Time now, const std::vector<std::int64_t>& foreign, std::string& out) {
  ++nonce_;
  next_ = 0;
  proved_ = true;
  sent_at_ = now;
  server_time_ = {};
  Command{"PING", echo_of(nonce_)}.encode(out);
  questions_.assign({Question::ping});
  if (asks_ == Questions::ping_only) {
    return;
  }
  out.append(protocol_ == Protocol::resp3 ? "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" : "*2\r\n$5\r\nHELLO\r\n$1\r\n2\r\n");
  out.append("*1\r\n$4\r\nTIME\r\n");
  questions_.push_back(Question::hello);
  questions_.push_back(Question::time);
  if (!foreign.empty()) {
    Command list{"CLIENT", "LIST", "ID"};
    for (const std::int64_t id : foreign) {
      list.add(std::to_string(id));
    }
    list.encode(out);
    questions_.push_back(Question::clients);
  }
  if (asks_ == Questions::of_cluster) {
    out.append("*2\r\n$7\r\nCLUSTER\r\n$4\r\nINFO\r\n");
    questions_.push_back(Question::cluster);
  }
  asked_duty_ = duty_;
  if (duty_ == Duty::replica) {
    out.append("*1\r\n$4\r\nROLE\r\n");
    questions_.push_back(Question::role);
  }
  ask_swaps(out);
  questions_.push_back(Question::swaps);
}

void Probe::ask_swaps(std::string& out) { out.append("*3\r\n$7\r\nLATENCY\r\n$9\r\nHISTOGRAM\r\n$6\r\nswapdb\r\n"); }

Probe::Outcome Probe::change(Errc code) {
  error_ = make_error_code(code);
  return Outcome::changed;
}

Probe::Outcome Probe::on_reply(ReplyView reply) {
  const Question question = questions_[next_++];
  switch (question) {
    case Question::ping: {
      const Outcome outcome = check_ping(reply);
      return outcome == Outcome::going_on && !in_flight() ? conclude() : outcome;
    }
    case Question::hello: return check_hello(reply);
    case Question::time: read_time(reply); return Outcome::going_on;
    case Question::clients: return proved_ && !reply.is_error() ? Outcome::listed : Outcome::going_on;
    case Question::cluster: check_cluster(reply); return Outcome::going_on;
    case Question::role: check_role(reply); return Outcome::going_on;
    case Question::swaps: break;
  }
  proved_ = proved_ && !withholds_swaps(reply);
  // Where nothing is proved the count is not looked at, so that the next probe finds the change.
  return proved_ && swapped(reply) ? Outcome::answered_swapped : conclude();
}

Probe::Outcome Probe::check_ping(ReplyView reply) {
  if (reply.is_error()) {
    TRACKSIDE_MARK(ping_answered_by_error);
    proved_ = false;
    return Outcome::going_on;
  }
  return echoes(reply, nonce_) ? Outcome::going_on : change(Errc::identity_changed);
}

Probe::Outcome Probe::check_hello(ReplyView reply) {
  if (reply.is_error()) {
    proved_ = false;
    return Outcome::going_on;
  }
  const auto identity = read_identity(reply, protocol_);
  if (!identity || identity->client_id != expected_.client_id) {
    return change(Errc::identity_changed);
  }
  if (asks_ == Questions::of_cluster) {
    // One that is not a primary any more answers MOVED, and vouches for nothing until it is one again.
    TRACKSIDE_MARK_IF(node_found_in_other_role, identity->primary != (asked_duty_ == Duty::primary));
    proved_ = proved_ && identity->primary == (asked_duty_ == Duty::primary);
    return Outcome::going_on;
  }
  TRACKSIDE_MARK_IF(primary_found_demoted, !identity->primary);
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

/// A primary that is cut off from the others may have a successor; it finds that out, and says so here, within one and
/// a half times the cluster's node timeout.
void Probe::check_cluster(ReplyView reply) {
  const auto text = reply.as_string();
  TRACKSIDE_MARK_IF(cluster_found_down, text && text->find("cluster_state:ok") == std::string_view::npos);
  proved_ = proved_ && text && text->find("cluster_state:ok") != std::string_view::npos;
  config_epoch_ = text ? number_behind("cluster_my_epoch:", *text) : std::nullopt;
}

void Probe::check_role(ReplyView reply) {
  const bool in_step = !followed_primary(reply).empty();
  TRACKSIDE_MARK_IF(replica_found_out_of_step, !in_step);
  proved_ = proved_ && in_step;
}

/// ["slave", host, port, state, offset]
std::string followed_primary(ReplyView role) {
  constexpr std::size_t words = 5;
  const bool readable = role.type() == ReplyType::array && role.size() == words;
  const auto kind = readable ? role[0].as_string() : Result<std::string_view>{};
  const auto host = readable ? role[1].as_string() : Result<std::string_view>{};
  const auto port = readable ? role[2].as_integer() : Result<std::int64_t>{};
  const auto state = readable ? role[3].as_string() : Result<std::string_view>{};
  const bool in_step = kind && *kind == "slave" && host && port && state && *state == "connected";
  return in_step ? std::string{*host} + ":" + std::to_string(*port) : std::string{};
}

bool Probe::withholds_swaps(ReplyView reply) const {
  const bool withheld = swaps_known_ && !is_map(reply, protocol_);
  TRACKSIDE_MARK_IF(count_of_swaps_withheld, withheld);
  return withheld;
}

bool Probe::swapped(ReplyView histogram) {
  if (!is_map(histogram, protocol_)) {
    return false;
  }
  const auto calls = value_of(value_of(histogram, "swapdb", protocol_), "calls", protocol_).as_integer();
  const std::int64_t swaps = calls ? *calls : 0;  // absent: it was never called
  // Behind proofs without a count nobody knows from which one to go on: only if there never was a swap, was there none.
  const bool changed = swaps_known_ ? swaps != swaps_ : proved_uncounted_ && swaps != 0;
  TRACKSIDE_MARK_IF(swap_found, changed);
  swaps_known_ = true;
  swaps_ = swaps;
  return changed;
}

Probe::Outcome Probe::conclude() {
  TRACKSIDE_MARK_IF(probe_proved_nothing, !proved_);
  proved_uncounted_ = proved_uncounted_ || (proved_ && !swaps_known_);
  return proved_ ? Outcome::answered : Outcome::unproved;
}

}  // namespace trackside::link
