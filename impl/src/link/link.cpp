#include "link/link.hpp"

#include <algorithm>

#include "resp/slot_tags.hpp"
#include "seam/assertion.hpp"
#include "seam/saturating.hpp"

#include "trackside/command.hpp"

namespace trackside::link {
namespace {

constexpr std::size_t initial_pipeline = 64;
constexpr int probes_per_max_idle = 4;

bool is_list_of_keys(ReplyView keys) {
  if (keys.type() != ReplyType::array) {
    return false;
  }
  for (const ReplyView key : keys) {
    if (key.type() != ReplyType::bulk_string) {
      return false;
    }
  }
  return true;
}

/// Of a guard: because of the user's rights, or since the server knows no shard channels. Others pass.
bool is_lasting_refusal(ReplyView error) {
  const std::string_view text = error.as_string().value();
  return text.starts_with("NOPERM") || text.starts_with("ERR unknown command");
}

}  // namespace

Link::Link(const ClientOptions& options, LinkTraits traits)
    : options_(options), traits_(std::move(traits)), frames_(options.reply_limits) {}

void Link::begin(Time now) {
  probed_ = false;
  foreign_.clear();
  state_ = State::connecting;
  now_ = now;
  frames_.clear();
  outgoing_.clear();
  awaited_.clear();
  connect_deadline_ = now + options_.connect_timeout;
  next_probe_ = never;
  silence_ = {};
  pending_.clear();
  slots_.reset();
  guards_denied_ = false;
  swaps_withheld_ = false;
  epoch_ = {};
}

void Link::opened(Time now) {
  TRACKSIDE_ASSERT(state_ == State::connecting);
  state_ = State::handshaking;
  now_ = now;
  handshake_.begin(terms(), outgoing_);
}

void Link::received(Time now, Bytes bytes) {
  now_ = now;
  last_bytes_ = now;
  frames_.feed(bytes);
}

void Link::await(Use use, std::uint64_t tag, std::uint32_t replies, Time asked_at) {
  if (awaited_.full()) {
    awaited_.set_capacity(std::max(initial_pipeline, awaited_.capacity() * 2));
  }
  awaited_.push_back({tag, replies, use, asked_at});
}

void Link::expect(std::uint64_t tag, std::uint32_t replies) {
  TRACKSIDE_ASSERT(state_ == State::up);
  await(Use::command, tag, replies);
}

void Link::send_barrier(std::uint64_t tag) {
  if (!subscribes()) {
    Probe::ask_swaps(outgoing_);
  }
  Command{"PING", Probe::echo_of(tag)}.encode(outgoing_);
  await(Use::barrier, tag, subscribes() ? 1 : 2);
}

void Link::send_guard(Time now, std::uint16_t slot) {
  TRACKSIDE_ASSERT(state_ == State::up && traits_.in_cluster);
  if (guards_denied_) {
    ask_for_slot(slot, now);
    return;
  }
  Command{"SSUBSCRIBE", resp::guard_channel(slot)}.encode(outgoing_);
  await(Use::guard, slot, 1, now);
}

void Link::ask_for_slot(std::uint16_t slot, Time asked_at) {
  slots_.ask_first(slot, outgoing_);
  await(Use::slot, slot, 2, asked_at);
}

void Link::register_redirect(Time now, std::int64_t target) {
  TRACKSIDE_ASSERT(state_ == State::up && traits_.role == Role::data);
  registered_at_ = now;
  tracking_command(traits_.tracking, target).encode(outgoing_);
  await(Use::registration, static_cast<std::uint64_t>(target), 1);
}

void Link::send_probe(Time now) {
  next_probe_ = now + traits_.max_idle / probes_per_max_idle;
  if (!probe_.in_flight()) {
    if (const std::uint32_t replies = slots_.ask_all(outgoing_)) {
      await(Use::slots, 0, replies);
    }
    foreign_ = next_foreign_;
    probe_.begin(now, foreign_, outgoing_);
    await(Use::probe, 0, probe_.replies());
  }
}

Time Link::deadline() const {
  switch (state_) {
    case State::idle:
    case State::failed: return never;
    case State::connecting:
    case State::handshaking: return connect_deadline_;
    case State::up: break;
  }
  return traits_.probing == LinkTraits::Probing::on ? std::min(next_probe_, breach()) : never;
}

/// When the link has been silent for too long. Bytes put it off, since a large reply may take longer than max_idle to
/// arrive; the lease does not wait for that, and neither do we for ever.
Time Link::breach() const {
  constexpr int patience = 10;
  return std::min(std::max(alive_, last_bytes_) + traits_.max_idle, alive_ + patience * traits_.max_idle);
}

void Link::tick(Time now) {
  now_ = now;
  if (now < deadline()) {
    return;
  }
  if (state_ != State::up) {
    silence_ = make_error_code(Errc::connect_timeout);
  } else if (now >= breach()) {
    silence_ = make_error_code(Errc::idle_breach);
  } else {
    send_probe(now);
  }
}

bool Link::fail(LinkEvent& event, error_code error) {
  state_ = State::failed;
  event = {.kind = LinkEvent::Kind::failed, .error = error};
  return true;
}

bool Link::next(LinkEvent& event) {
  if (state_ == State::failed || state_ == State::idle) {
    return false;
  }
  if (silence_) {
    return fail(event, silence_);
  }
  if (announce(event)) {
    return true;
  }
  const auto last = frames_.take_until([&](ReplyView frame) {
    return is_push(frame) ? on_push(frame, event) : on_reply(frame, event);
  });
  using Status = resp::FrameBuffer::Status;
  return last.status == Status::error ? fail(event, last.error) : last.status == Status::frame;
}

/// A RESP2 subscriber gets its messages as arrays; the answer to its PING is one too.
bool Link::is_push(ReplyView frame) const {
  if (frame.type() == ReplyType::push) {
    return true;
  }
  const auto name = frame.type() == ReplyType::array ? frame[0].as_string() : Result<std::string_view>{};
  return subscribes() && name && *name == "message";
}

bool Link::on_push(ReplyView push, LinkEvent& event) {
  const auto name = push[0].as_string();
  if (!name) {
    return false;
  }
  if (traits_.role == Role::data) {
    const auto target = push[1].as_integer();
    event = {.kind = LinkEvent::Kind::redirect_lost, .tag = target ? static_cast<std::uint64_t>(*target) : 0};
    return *name == "tracking-redir-broken";
  }
  if (traits_.role == Role::plain) {
    return false;  // pushes that we did not ask for mean nothing to the cache
  }
  if (*name == "invalidate") {
    return on_keys(push[1], event);
  }
  if (traits_.in_cluster && (*name == "ssubscribe" || *name == "sunsubscribe")) {
    return on_guard(*name, push, event);
  }
  const auto channel = push[1].as_string();
  const bool published = push[2].type() == ReplyType::bulk_string;  // by anybody: says nothing
  return subscribes() && *name == "message" && channel && *channel == invalidation_channel && !published
             ? on_keys(push[2], event)
             : false;
}

bool Link::on_keys(ReplyView keys, LinkEvent& event) {
  if (!keys.is_null() && !is_list_of_keys(keys)) {
    return fail(event, make_error_code(Errc::protocol_error));
  }
  event = {.kind = keys.is_null() ? LinkEvent::Kind::flush : LinkEvent::Kind::invalidate, .frame = keys};
  return true;
}

/// The confirmation of a subscription is a push in the place of a reply.
bool Link::on_guard(std::string_view name, ReplyView push, LinkEvent& event) {
  const auto channel = push[1].as_string();
  const auto slot = channel ? resp::slot_of_guard(*channel) : std::nullopt;
  if (!slot) {
    return false;
  }
  if (name == "sunsubscribe") {
    event = {.kind = LinkEvent::Kind::unguarded, .tag = *slot};
    return true;
  }
  if (awaited_.empty() || awaited_.front().use != Use::guard || awaited_.front().tag != *slot) {
    return fail(event, make_error_code(Errc::protocol_error));
  }
  awaited_.pop_front();
  event = {.kind = LinkEvent::Kind::guarded, .tag = *slot};
  return true;
}

/// Only a guard's refusal is a reply. A lasting one means that the slot has to be asked for instead; for what was read
/// since the guard was sent, that moment is what the first answer vouches with.
bool Link::on_guard_refused(ReplyView reply, const Awaited& guard, LinkEvent& event) {
  if (!reply.is_error()) {
    return fail(event, make_error_code(Errc::protocol_error));
  }
  const auto slot = static_cast<std::uint16_t>(guard.tag);
  if (is_lasting_refusal(reply)) {
    guards_denied_ = true;
    ask_for_slot(slot, guard.asked_at);
    return false;
  }
  event = {.kind = LinkEvent::Kind::unguarded, .tag = slot, .error = make_error_code(Errc::wrong_role)};
  return true;
}

bool Link::on_slot(ReplyView reply, const Awaited& question, LinkEvent& event) {
  if (question.replies == 1) {
    return false;  // UNWATCH's
  }
  const auto slot = static_cast<std::uint16_t>(question.tag);
  Errc refusal = Errc::wrong_role;
  switch (slots_.on_first(slot, reply)) {
    case SlotQuestions::Verdict::all_keys:
    case SlotQuestions::Verdict::present_keys:
      slot_proofs_ = {{slot, reply.is_error() ? SlotProof::Covers::present_keys : SlotProof::Covers::all_keys}};
      event = {.kind = LinkEvent::Kind::slots_proved, .anchor = question.asked_at};
      return true;
    case SlotQuestions::Verdict::lost: break;
    case SlotQuestions::Verdict::denied: refusal = Errc::tracking_refused; break;
  }
  event = {.kind = LinkEvent::Kind::unguarded, .tag = slot, .error = make_error_code(refusal)};
  return true;
}

bool Link::on_slots(ReplyView reply, LinkEvent& event) {
  const auto lost = slots_.on_reply(reply);
  event = {.kind = LinkEvent::Kind::unguarded, .tag = lost.value_or(0), .error = make_error_code(Errc::wrong_role)};
  return lost.has_value();
}

bool Link::on_reply(ReplyView reply, LinkEvent& event) {
  if (state_ == State::handshaking && handshake_.awaited() != 0) {
    return on_handshake(reply, event);
  }
  if (awaited_.empty()) {
    return fail(event, make_error_code(Errc::protocol_error));
  }
  Awaited& head = awaited_.front();
  const Awaited current = head;
  if (--head.replies == 0) {
    awaited_.pop_front();
  }
  switch (current.use) {
    case Use::probe: return on_probe(reply, event);
    case Use::barrier: return on_barrier(reply, current, event);
    case Use::registration: return on_registration(reply, current.tag, event);
    case Use::guard: return on_guard_refused(reply, current, event);
    case Use::slot: return on_slot(reply, current, event);
    case Use::slots: return on_slots(reply, event);
    case Use::command: break;
  }
  event = {.kind = LinkEvent::Kind::reply, .last = current.replies == 1, .tag = current.tag, .frame = reply};
  return true;
}

bool Link::on_barrier(ReplyView reply, const Awaited& barrier, LinkEvent& event) {
  if (barrier.replies == 2) {
    event = {.kind = LinkEvent::Kind::flush};
    swaps_withheld_ = probe_.withholds_swaps(reply);
    return probe_.swapped(reply);
  }
  if (reply.is_error()) {
    return false;
  }
  if (!Probe::echoes(reply, barrier.tag)) {
    return fail(event, make_error_code(Errc::identity_changed));
  }
  event = {.kind = LinkEvent::Kind::barrier, .tag = barrier.tag};
  return !swaps_withheld_;
}

bool Link::on_registration(ReplyView reply, std::uint64_t target, LinkEvent& event) {
  if (!reply.is_error()) {
    event = {.kind = LinkEvent::Kind::registered, .tag = target, .anchor = registered_at_};
    return true;
  }
  if (reply.as_string().value().starts_with("ERR The client ID")) {
    event = {.kind = LinkEvent::Kind::redirect_lost, .tag = target};
    return true;
  }
  return fail(event, make_error_code(Errc::tracking_refused));
}

bool Link::on_handshake(ReplyView reply, LinkEvent& event) {
  switch (handshake_.on_reply(terms(), reply, outgoing_)) {
    case Handshake::State::going_on: return false;
    case Handshake::State::failed: return fail(event, handshake_.error());
    case Handshake::State::done: break;
  }
  if (traits_.probing == LinkTraits::Probing::off) {
    state_ = State::up;
    event = {.kind = LinkEvent::Kind::up};
    return true;
  }
  probe_.reset(handshake_.identity(), options_.protocol,
               subscribes()         ? Probe::Questions::ping_only
               : traits_.in_cluster ? Probe::Questions::of_cluster
                                    : Probe::Questions::all);
  send_probe(now_);
  return false;
}

void Link::measure_round_trip() {
  constexpr int share = 8;  // of the latest in the whole
  const Duration latest = now_ - probe_.sent_at();
  round_trip_ = round_trip_ == Duration::zero() ? latest : round_trip_ + (latest - round_trip_) / share;
}

bool Link::on_probe(ReplyView reply, LinkEvent& event) {
  const Probe::Outcome outcome = probe_.on_reply(reply);
  if (!probe_.in_flight()) {
    measure_round_trip();
  }
  switch (outcome) {
    case Probe::Outcome::going_on: return false;
    case Probe::Outcome::changed: return fail(event, probe_.error());
    case Probe::Outcome::listed:
      event = {.kind = LinkEvent::Kind::listed,
               .frame = reply,
               .anchor = probe_.sent_at(),
               .server_time = probe_.server_time()};
      return true;
    case Probe::Outcome::unproved:
      if (state_ != State::up && traits_.in_cluster) {
        state_ = State::up;  // and vouches for nothing yet; who asks is told CLUSTERDOWN, and asks again
        alive_ = last_bytes_ = now_;
        event = {.kind = LinkEvent::Kind::up};
        return true;
      }
      if (traits_.in_cluster) {
        alive_ = probe_.sent_at();  // a replica, or cut off from the others, and there all the same
      }
      return state_ == State::up ? false : fail(event, make_error_code(Errc::handshake_refused));
    case Probe::Outcome::answered_swapped:
      if (state_ != State::up) {
        break;  // nothing is cached yet
      }
      on_proved();
      event = {.kind = LinkEvent::Kind::flush};
      return true;
    case Probe::Outcome::answered: break;
  }
  on_proved();
  return announce(event);
}

/// A probe was answered. A broadcasting link that was answered for the first time proves nothing yet.
void Link::on_proved() {
  const Time before = answered_;
  answered_ = alive_ = probe_.sent_at();
  anchor_ = broadcasts() ? before : answered_;
  const bool vouches = probed_ || !broadcasts();
  probed_ = true;
  const bool epoch_changed = probe_.config_epoch() != epoch_;
  epoch_ = probe_.config_epoch();
  if (!vouches) {
    send_probe(now_);  // the second one that a broadcast needs, at once
    return;
  }
  if (state_ == State::handshaking) {
    state_ = State::up;
    last_bytes_ = now_;
    pending_.push_back(LinkEvent::Kind::up);
  }
  if (guards_denied_ && epoch_changed) {
    slots_.reset();
    pending_.push_back(LinkEvent::Kind::slots_changed);
  } else if (epoch_ && !slots_.proofs().empty()) {
    slot_proofs_ = slots_.proofs();
    pending_.push_back(LinkEvent::Kind::slots_proved);
  }
  pending_.push_back(LinkEvent::Kind::vouched);
}

/// The next of the events that an answered probe makes.
bool Link::announce(LinkEvent& event) {
  if (pending_.empty()) {
    return false;
  }
  event = {.kind = pending_.front(), .anchor = probe_.sent_at()};
  pending_.erase(pending_.begin());
  if (event.kind == LinkEvent::Kind::vouched) {
    event.anchor = anchor_;
    event.server_time = probe_.server_time();
    if (event.server_time) {
      // What the clock showed at the anchor at the latest, where that is not this probe's own.
      event.server_time = saturating_sum(*event.server_time, (anchor_ - probe_.sent_at()).count());
    }
  }
  return true;
}

}  // namespace trackside::link
