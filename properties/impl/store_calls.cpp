#include "properties/impl/store_calls.hpp"

#include <algorithm>
#include <array>

namespace trackside::testing {
namespace {

using model::CachedQuery;
using namespace std::string_literals;

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t tick = std::int64_t{1} << 24;
constexpr std::int64_t zero = 1'000'000'000;  // where the hand clock begins

const std::array<std::string, 6> keys = {"k", "kk", "", "\0"s, "k\0"s, "user:1000000000000000000000000"};
constexpr unsigned forms = 12;

CachedQuery question(unsigned key, unsigned form) {
  const std::string& name = keys[key % keys.size()];
  switch (form % forms) {
    case 0: return {"GET", name};
    case 1: return {"HMGET", name, {"a", "bc"}};
    case 2: return {"HMGET", name, {"ab", "c"}};
    case 3: return {"HMGET", name, {"abc"}};
    case 4: return {"HMGET", name, {"abc", ""}};
    case 5: return {"HMGET", name, {"", "abc"}};
    case 6: return {"HMGET", name, {}};
    case 7: return {"HGET", name, {"\0"s}};
    case 8: return {"HGET", name, {"\0\0"s}};
    case 9: return {"", name, {}};
    case 10: return {"", name, {""}};
    default: return {"GETRANGE", name, {"0", "1"}};
  }
}

/// Waits of every size from none to beyond any lease.
std::int64_t span_of(unsigned amount, std::int64_t max_idle) {
  switch (amount % 16) {
    case 0: return max_idle - 1;
    case 1: return max_idle;
    case 2: return max_idle + amount;
    case 3:
    case 4: return max_idle / 4;
    case 5:
    case 6:
    case 7: return 0;
    case 8:
    case 9: return amount;
    default: return 1;
  }
}

TrackingOptions any_tracking() {
  TrackingOptions tracking;
  tracking.delivery = *rc::gen::element(Delivery::in_band, Delivery::redirect);
  tracking.selection = *rc::gen::weightedElement<Selection>(
      {{4, Selection::all}, {1, Selection::opt_in}, {1, Selection::opt_out}, {3, Selection::broadcast}});
  tracking.prefixes = *rc::gen::weightedElement<std::vector<std::string>>(
      {{4, {}}, {1, {"k"}}, {1, {""}}, {1, {"user:", "kk"}}, {1, {"\0"s}}});
  return tracking;
}

std::function<bool(const Query&)> any_predicate() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return [](const Query& query) { return query.command != "GETRANGE"; };
    case 1: return [](const Query& query) { return query.arguments.empty(); };
    case 2: return [](const Query& query) { return query.key != "kk"; };
    default: return {};
  }
}

}  // namespace

void showValue(const Step& step, std::ostream& out) {
  static constexpr std::array names = {"get",        "get_all",        "confirm_all",     "begin",
                                       "put",        "put_astray",     "abandon",         "seen",
                                       "invalidate", "fence",          "feedback",        "flush",
                                       "reset",      "bypass",         "end_bypass",      "distrust",
                                       "mend",       "link_up",        "link_down",       "vouch",
                                       "data_up",    "data_down",      "data_vouch",      "enrol",
                                       "wait",       "wait_for_lease", "wait_for_expiry", "wait_for_ttl",
                                       "shutdown",   "initialize",     "leave",           "join"};
  out << names[static_cast<std::size_t>(step.call)] << '(' << step.who << ", " << step.key << ", " << step.form << ", "
      << step.amount << ')';
}

rc::Gen<std::vector<Step>> any_steps() {
  const auto call =
      rc::gen::weightedElement<Call>({{60, Call::get},         {12, Call::get_all},       {8, Call::confirm_all},
                                      {12, Call::begin},       {40, Call::put},           {5, Call::put_astray},
                                      {2, Call::abandon},      {3, Call::seen},           {2, Call::invalidate},
                                      {2, Call::fence},        {3, Call::feedback},       {1, Call::flush},
                                      {1, Call::reset},        {2, Call::bypass},         {12, Call::end_bypass},
                                      {5, Call::distrust},     {30, Call::mend},          {1, Call::link_up},
                                      {2, Call::link_down},    {14, Call::vouch},         {1, Call::data_up},
                                      {1, Call::data_down},    {10, Call::data_vouch},    {2, Call::enrol},
                                      {5, Call::wait},         {2, Call::wait_for_lease}, {4, Call::wait_for_expiry},
                                      {3, Call::wait_for_ttl}, {4, Call::initialize},     {1, Call::leave},
                                      {6, Call::join}});
  const auto step = rc::gen::construct<Step>(
      rc::gen::map(
          rc::gen::pair(call, rc::gen::inRange(0, 2'000)),
          [](const std::pair<Call, int>& drawn) { return drawn.second == 1'999 ? Call::shutdown : drawn.first; }),
      rc::gen::inRange(0u, 6u), rc::gen::inRange(0u, 6u), rc::gen::inRange(0u, forms), rc::gen::inRange(0u, 1000u));
  return rc::gen::resize(250, rc::gen::container<std::vector<Step>>(step));
}

TwinCache any_cache() {
  TwinCache cache;
  CacheOptions& options = cache.options;
  options.max_idle = Duration{*rc::gen::weightedElement<std::int64_t>({{16, 5'000 * millisecond}, {1, 2}, {3, 1'000}})};
  options.max_ttl = Duration{*rc::gen::weightedElement<std::int64_t>(
      {{8, 0}, {1, 1}, {1, tick + 1}, {2, 2 * tick}, {2, 100 * millisecond}, {2, 1'000 * millisecond}})};
  options.cache_nil = *rc::gen::weightedElement<bool>({{3, true}, {1, false}});
  options.confidence = *rc::gen::element(100.0, 0.0, 50.0, 99.995, -1.0, 101.0);
  options.dynamic_confidence = *rc::gen::arbitrary<bool>();
  options.tracking = any_tracking();
  options.cacheable = any_predicate();
  cache.scope = {.server = *rc::gen::weightedElement<std::string_view>({{7, "here"}, {1, "there"}}),
                 .database = *rc::gen::weightedElement<std::uint32_t>({{7, 0}, {1, 1}}),
                 .user = *rc::gen::weightedElement<std::string_view>({{9, ""}, {1, "bob"}}),
                 .protocol = *rc::gen::weightedElement<Protocol>({{7, Protocol::resp3}, {1, Protocol::resp2}})};
  return cache;
}

CacheOptions any_bounds(CacheOptions options) {
  options.max_keys = *rc::gen::weightedElement<std::int64_t>({{16, 8}, {9, 3}, {6, 2}, {4, 1}, {1, 0}, {9, -1}});
  options.max_size_bytes = *rc::gen::weightedElement<std::int64_t>({{24, -1}, {1, 0}, {2, 128}, {8, 300}, {12, 700}});
  return options;
}

std::string any_frame(unsigned value) {
  const std::string body(value % 4 == 3 ? value % 97 : value % 5, static_cast<char>('a' + value % 26));
  switch (value % 21) {
    case 0: return "_\r\n";
    case 4: return "-ERR no\r\n";
    case 11: return "!3\r\nERR\r\n";
    case 7: return "$-1\r\n";
    case 14: return "*-1\r\n";
    default: return "$" + std::to_string(body.size()) + "\r\n" + body + "\r\n";
  }
}

Interpreter::Interpreter(std::vector<TwinCache> caches, Counting counting)
    : drawn_(caches), twin_(std::move(caches), counting) {}

void Interpreter::begin() {
  for (std::size_t who = 0; who < drawn_.size(); ++who) {
    twin_.join(who, *rc::gen::weightedElement<Origin>(
                        {{4, Origin::made}, {1, Origin::shared}, {1, Origin::initialized_again}}));
    if (*rc::gen::inRange(0, 32) != 0) {
      twin_.initialize(who);
      connect(who, 7 + static_cast<unsigned>(who));
    }
  }
  twin_.compare();
}

/// As after a reconnection: a link, and two connections that redirect to it where any may.
void Interpreter::connect(std::size_t who, unsigned amount) {
  const ServerTime server_time = epoch + twin_.clock.instant - zero;
  twin_.link_down(who);
  twin_.link_up(amount, who);
  twin_.vouch(twin_.clock.instant, amount % 8 == 3 ? std::nullopt : std::optional{server_time}, who);
  for (std::int64_t connection = 1; connection <= 2; ++connection) {
    twin_.data_up(connection, who);
    if (amount % 16 != 5) {
      twin_.data_vouched(connection, twin_.clock.instant, server_time, who);
    }
  }
}

void Interpreter::take(const Step& step) {
  const std::size_t who = step.who % drawn_.size();
  const CachedQuery query = question(step.key, step.form);
  const std::vector<std::string> names(1 + step.amount % 3, query.key);
  const std::int64_t max_idle = drawn_[who].options.max_idle.count();
  switch (step.call) {
    case Call::get: get(step); break;
    case Call::get_all: twin_.get_all(several(step), who); break;
    case Call::confirm_all: confirm(step); break;
    case Call::begin: twin_.begin_fill(query, connection(step), who); break;
    case Call::put: put(step); break;
    case Call::put_astray: put_astray(step); break;
    case Call::abandon: twin_.abandon(recent_fill(step.amount), who); break;
    case Call::seen: twin_.seen(names, connection(step), who); break;
    case Call::invalidate: twin_.invalidate(names, who); break;
    case Call::fence: twin_.fence(names, who); break;
    case Call::feedback: twin_.feedback(query, step.amount % 3 == 0 ? Match::no : Match::yes, who); break;
    case Call::flush: twin_.flush(who); break;
    case Call::reset: twin_.reset(who); break;
    case Call::bypass: twin_.begin_bypass(who); break;
    case Call::end_bypass: twin_.end_bypass(who); break;
    case Call::distrust: distrust(step); break;
    case Call::mend: mend(step); break;
    case Call::link_up: twin_.link_up(step.amount, who); break;
    case Call::link_down: step.amount % 4 == 0 ? twin_.link_down(who) : connect(who, step.amount); break;
    case Call::vouch:
      twin_.vouch(any_anchor(step), step.amount % 13 == 0 ? std::nullopt : std::optional{any_server_time(step)}, who);
      break;
    case Call::data_up: twin_.data_up(connection(step), who); break;
    case Call::data_down:
      step.amount % 2 == 0 ? twin_.data_down(connection(step), Time{Duration{any_anchor(step)}}, who)
                           : twin_.connection_lost(connection(step), who);
      break;
    case Call::data_vouch: twin_.data_vouched(connection(step), any_anchor(step), any_server_time(step), who); break;
    case Call::enrol: enrol(step); break;
    case Call::wait: twin_.clock.instant += span_of(step.amount, max_idle); break;
    case Call::wait_for_lease: wait_until(twin_.anchor() + max_idle, step.amount); break;
    case Call::wait_for_expiry: wait_until(twin_.anchor() + (expiry_ - twin_.server_time()), step.amount); break;
    case Call::wait_for_ttl: {
      const std::size_t fill = recent_fill(step.amount / 3);
      const std::int64_t from = fill < twin_.fills() ? twin_.begun_at(fill) : twin_.clock.instant;
      const std::int64_t end = from / tick * tick + drawn_[who].options.max_ttl.count();
      wait_until(end - step.key % 3 * tick, step.amount);
      break;
    }
    case Call::shutdown: twin_.shutdown(who); break;
    case Call::initialize: twin_.initialize(who); break;
    case Call::leave: twin_.leave(who); break;
    case Call::join:
      if (!twin_.joined(who)) {
        twin_.join(who, static_cast<Origin>(step.amount % 3));
        twin_.initialize(who);
        connect(who, step.amount);
      }
      break;
  }
  twin_.compare();
}

void Interpreter::take_stock() {
  for (std::size_t who = 0; who < drawn_.size(); ++who) {
    for (unsigned key = 0; key < keys.size(); ++key) {
      for (unsigned form = 0; form < forms; ++form) {
        twin_.get(question(key, form), who);
      }
    }
  }
  twin_.compare();
}

/// Of the last eight, mostly an open one; or none.
std::size_t Interpreter::recent_fill(unsigned amount) const {
  const std::size_t back = amount % 8;
  for (std::size_t index = 0; amount % 5 != 0 && index < 8 && index < twin_.fills(); ++index) {
    const std::size_t fill = twin_.fills() - 1 - (index + back) % 8 % twin_.fills();
    if (twin_.is_open(fill)) {
      return fill;
    }
  }
  return back < twin_.fills() ? twin_.fills() - 1 - back : twin_.fills();
}

/// Mostly one that may tell: the link where no other may.
std::int64_t Interpreter::connection(const Step& step) const {
  const TrackingOptions& tracking = drawn_[step.who % drawn_.size()].options.tracking;
  const bool redirected = tracking.delivery == Delivery::redirect;
  return step.amount % 16 == 0 ? step.key % 4 : redirected ? 1 + step.amount % 2 : 0;
}

/// None to three; of four times three what was put lately.
std::vector<CachedQuery> Interpreter::several(const Step& step) const {
  std::vector<CachedQuery> queries;
  for (unsigned index = 0; index < step.amount % 4; ++index) {
    const StoreTwin::Put* put = twin_.kept_before(index * (step.form % 3));
    queries.push_back(put != nullptr && step.amount % 16 < 12 ? put->query : question(step.key + index, step.form));
  }
  return queries;
}

/// Seven of eight reads ask what was put lately, so that there are hits.
void Interpreter::get(const Step& step) {
  const StoreTwin::Put* put = twin_.kept_before(step.amount / 8 % 4);
  const bool lately = step.amount % 8 != 0 && put != nullptr;
  twin_.get(lately ? put->query : question(step.key, step.form), step.who % drawn_.size());
}

void Interpreter::confirm(const Step& step) {
  std::vector<CachedQuery> queries;
  std::vector<std::string> replies;
  for (unsigned index = 0; index < step.amount % 3; ++index) {
    if (const StoreTwin::Put* put = twin_.kept_before(index)) {
      queries.push_back(put->query);
      replies.push_back(step.amount % 7 == 0 ? any_frame(step.amount) : put->frame);
    }
  }
  twin_.confirm_all(queries, replies, step.who % drawn_.size());
}

/// Half of them begin their fill now, half end one that was begun before, by whomever.
void Interpreter::put(const Step& step) {
  std::size_t who = step.who % drawn_.size();
  std::size_t fill = recent_fill(step.amount);
  if (step.amount % 2 == 0) {
    const std::size_t before = twin_.fills();
    twin_.begin_fill(question(step.key, step.form), connection(step), who);
    fill = twin_.fills() > before ? before : step.amount % 8 == 0 ? twin_.fills() : recent_fill(step.amount / 8);
    who = fill < twin_.fills() ? twin_.begun_by(fill) : who;
  } else if (fill < twin_.fills()) {
    who = twin_.begun_by(fill);
  }
  const CachedQuery query = fill < twin_.fills() ? twin_.query_of(fill) : question(step.key, step.form);
  twin_.put(fill, query, any_frame(step.amount), expiry(step), who);
}

/// For another key, for another question about the same key, by another cache, or without a fill.
void Interpreter::put_astray(const Step& step) {
  std::size_t who = step.who % drawn_.size();
  const std::size_t fill = step.amount % 4 == 0 ? twin_.fills() : recent_fill(step.amount / 4);
  CachedQuery query = question(step.key, step.form);
  if (fill < twin_.fills() && step.amount % 4 == 1) {
    query = twin_.query_of(fill);
  } else if (fill < twin_.fills() && step.amount % 4 == 2) {
    query.key = twin_.query_of(fill).key;
    who = twin_.begun_by(fill);
  }
  twin_.put(fill, query, any_frame(step.amount), expiry(step), who);
  twin_.get_all({query}, who);  // kept perhaps, though nobody asked whether it may be
}

void Interpreter::enrol(const Step& step) {
  const std::size_t who = step.who % drawn_.size();
  const std::int64_t link = twin_.client_id(who).value_or(7);
  const std::int64_t asked_at = twin_.clock.instant - span_of(step.amount / 8, drawn_[who].options.max_idle.count());
  twin_.register_connection({.client_id = connection(step),
                             .redirect = step.amount % 8 == 0 ? link + 1 : link,
                             .noloop = step.amount % 8 == 1,
                             .asked_at = step.amount % 8 < 4 ? long_ago : Time{Duration{asked_at}}},
                            who);
}

/// What a client does before long: no bypass is open, the link is up, all that it has proves itself.
void Interpreter::mend(const Step& step) {
  const std::size_t who = step.who % drawn_.size();
  for (std::size_t any = 0; any < drawn_.size(); ++any) {
    twin_.end_bypass(any);
  }
  if (!twin_.client_id(who)) {
    twin_.initialize(who);
    connect(who, 64 + step.form);
  }
  const std::int64_t now = twin_.clock.instant;
  twin_.vouch(now, epoch + now - zero, who);
  for (std::int64_t by = 1; by <= 2; ++by) {
    twin_.data_vouched(by, now, epoch + now - zero, who);
  }
}

/// A bypass, perhaps a proof by another cache behind it, and a look at what was kept last.
void Interpreter::distrust(const Step& step) {
  const std::size_t who = step.who % drawn_.size();
  const std::size_t other = (who + 1) % drawn_.size();
  twin_.begin_bypass(who);
  twin_.end_bypass(who);
  twin_.clock.instant += step.amount % 2;
  const std::int64_t now = twin_.clock.instant;
  for (std::int64_t by = 1; by <= 2 && step.form % 2 == 0; ++by) {
    twin_.data_vouched(by, now, any_server_time(step), other);
  }
  if (step.form % 4 > 1) {
    twin_.vouch(now, any_server_time(step), other);
  }
  if (const StoreTwin::Put* put = twin_.kept_before(step.key % 3)) {
    twin_.get(put->query, who);
  }
}

/// None, or around the server's clock as far as it is known, or absurd.
ServerTime Interpreter::expiry(const Step& step) {
  const std::int64_t max_idle = drawn_[step.who % drawn_.size()].options.max_idle.count();
  const ServerTime known = twin_.server_time() + (twin_.clock.instant - twin_.anchor());
  switch (step.amount % 11) {
    case 0: return expiry_ = known;
    case 1: return expiry_ = known + 1;
    case 2: return expiry_ = known - 1;
    case 3: return expiry_ = known + span_of(step.amount / 11, max_idle);
    case 4: return expiry_ = known + 10 * millisecond;
    case 5: return INT64_MIN;
    case 6: return no_expiry - 1;
    default: return no_expiry;
  }
}

std::int64_t Interpreter::any_anchor(const Step& step) const {
  const std::int64_t now = twin_.clock.instant;
  const std::int64_t max_idle = drawn_[step.who % drawn_.size()].options.max_idle.count();
  return step.amount % 5 == 0 ? now - span_of(step.amount / 5, max_idle) : now - step.form / 3;
}

ServerTime Interpreter::any_server_time(const Step& step) const {
  const ServerTime known = epoch + twin_.clock.instant - zero;
  switch (step.amount % 9) {
    case 0: return known + 3 * millisecond;
    case 1: return known - 5 * millisecond;
    case 2: return step.key == 0 ? ServerTime{0} : known;
    default: return known;
  }
}

void Interpreter::wait_until(std::int64_t instant, unsigned amount) {
  const std::int64_t wanted = instant + static_cast<std::int64_t>(amount % 3) - 1;
  const std::int64_t farthest = twin_.clock.instant + 3'600'000 * millisecond;
  twin_.clock.instant = std::clamp(wanted, twin_.clock.instant, farthest);
}

}  // namespace trackside::testing
