// The specification, spelt out; the rules are stated in the header.
#include "model/reference_cache.hpp"

#include <algorithm>
#include <utility>

namespace trackside::model {
namespace {

constexpr Instant tick = Instant{1} << 24;

bool is_null(const std::string& frame) { return frame == "_\r\n" || frame == "$-1\r\n" || frame == "*-1\r\n"; }

bool is_error(const std::string& frame) { return frame.front() == '-' || frame.front() == '!'; }

}  // namespace

ReferenceCache::ReferenceCache(const ReferenceOptions& options)
    : options_(options),
      store_(options.store ? options.store : std::make_shared<ReferenceStore>(options.bounds)),
      stats_(options.stats ? options.stats : std::make_shared<ReferenceStats>(ReferenceStatsLimits{})),
      link_(store_->new_voucher()),
      confidence_(std::clamp(options.confidence, 0.0, 100.0)) {}

ReferenceCache::~ReferenceCache() {
  lose_data();
  store_->end(link_);
}

void ReferenceCache::initialize(const ReferenceScope& scope) {
  if (!scope_) scope_ = scope;
}

void ReferenceCache::link_up(std::int64_t client_id) {
  if (shut_down_) return;
  link_down();
  client_id_ = client_id;
  told_.push_back("link up " + std::to_string(client_id));
}

void ReferenceCache::link_down() {
  if (!client_id_) return;
  client_id_.reset();
  lose_data();
  store_->end(link_);
  told_.push_back("link down");
}

void ReferenceCache::link_vouched(Instant anchor, std::optional<ServerInstant> server_time) {
  if (!client_id_) return;
  if (server_time) store_->set_server_clock(link_, anchor, *server_time);
  store_->prove(link_, anchor);
}

bool ReferenceCache::healthy(Instant now) const {
  return scope_ && !shut_down_ && store_->vouches(link_, now, options_.max_idle);
}

std::optional<std::int64_t> ReferenceCache::client_id() const { return client_id_; }

void ReferenceCache::data_up(Instant now, ConnectionId connection) {
  if (client_id_ && needs_registration()) add_data(connection, false, now);
}

void ReferenceCache::data_vouched(ConnectionId connection, Instant anchor, ServerInstant server_time) {
  if (!needs_registration()) {
    if (options_.told_by == ToldBy::other_link) store_->set_server_clock(link_, anchor, server_time);
    return;
  }
  const auto known = find_data(connection);
  if (known == data_.end()) return;
  store_->set_server_clock(known->voucher, anchor, server_time);
  store_->prove(known->voucher, anchor);
}

void ReferenceCache::data_down(ConnectionId connection, Instant as_of) {
  const auto known = find_data(connection);
  if (known != data_.end() && known->since <= as_of) connection_lost(connection);
}

void ReferenceCache::connection_lost(ConnectionId connection) {
  const auto known = find_data(connection);
  if (known == data_.end()) return;
  store_->end(known->voucher);
  data_.erase(known);
}

RegisterOutcome ReferenceCache::register_connection(Instant now, const Registration& registration) {
  if (registration.noloop) return RegisterOutcome::noloop_unsound;
  if (in_order()) return RegisterOutcome::tracking_invalid;
  if (!needs_registration()) return RegisterOutcome::registered;
  if (scope_ && scope_->protocol == 2) return RegisterOutcome::tracking_invalid;
  if (!client_id_ || registration.redirect != *client_id_) return RegisterOutcome::redirect_mismatch;
  add_data(registration.connection, true, now);
  if (!registration.asked_at) return RegisterOutcome::registered;
  const auto clock = store_->server_clock(link_, *registration.asked_at);
  if (clock) {
    const Voucher voucher = data_.back().voucher;
    store_->set_server_clock(voucher, *registration.asked_at, *clock);
    store_->prove(voucher, *registration.asked_at);
  }
  return RegisterOutcome::registered;
}

std::vector<ConnectionId> ReferenceCache::foreign_connections() const {
  std::vector<ConnectionId> found;
  for (const DataConnection& data : data_) {
    if (data.foreign) found.push_back(data.connection);
  }
  return found;
}

bool ReferenceCache::accepts(const CachedQuery& query) const {
  const auto covers = [&](const std::string& prefix) { return query.key.compare(0, prefix.size(), prefix) == 0; };
  const bool covered = options_.told_of != ToldOf::prefixes || options_.prefixes.empty() ||
                       std::any_of(options_.prefixes.begin(), options_.prefixes.end(), covers);
  return covered && (!options_.cacheable || options_.cacheable(query));
}

std::optional<std::string> ReferenceCache::get(Instant now, const CachedQuery& query) {
  if (!accepts(query)) return std::nullopt;
  const KeptReply* reply = scope_ ? store_->find(name_of(query.key), question_of(query)) : nullptr;
  if (reply != nullptr && (store_->bypassed() || !may_serve(now, *reply))) reply = nullptr;
  if (reply != nullptr && expired(now, *reply)) {
    store_->expire(name_of(query.key), question_of(query));
    reply = nullptr;
  }
  stats_->count(reply == nullptr ? Counted::misses : Counted::hits, query.key);
  say(reply == nullptr ? "miss" : "hit", query);
  if (reply == nullptr) return std::nullopt;
  store_->make_most_recent(name_of(query.key));
  return reply->frame;
}

std::optional<std::vector<std::string>> ReferenceCache::get_all(Instant now, const std::vector<CachedQuery>& queries) {
  std::vector<std::string> found;
  if (shut_down_ || store_->bypassed() || !in_order()) return std::nullopt;
  for (const CachedQuery& query : queries) {
    const KeptReply* reply = find_own(now, query);
    if (reply == nullptr) return std::nullopt;
    found.push_back(reply->frame);
  }
  for (const CachedQuery& query : queries) {
    stats_->count(Counted::hits, query.key);
    say("hit", query);
    store_->make_most_recent(name_of(query.key));
  }
  return found;
}

bool ReferenceCache::confirm_all(Instant now, const std::vector<CachedQuery>& queries,
                                 const std::vector<std::string>& replies) const {
  if (shut_down_ || store_->bypassed() || !in_order()) return false;
  for (std::size_t index = 0; index < queries.size(); ++index) {
    const KeptReply* reply = find_own(now, queries[index]);
    if (reply == nullptr || reply->frame != replies[index]) return false;
  }
  return true;
}

bool ReferenceCache::holds(const CachedQuery& query, const std::string& reply) const {
  const KeptReply* kept = scope_ ? store_->find(name_of(query.key), question_of(query)) : nullptr;
  return kept != nullptr && kept->frame == reply;
}

FillId ReferenceCache::begin_fill(Instant now, const CachedQuery& query, ConnectionId by) {
  if (!healthy(now) || !accepts(query) || voucher_of(by) == no_voucher) return no_fill;
  return store_->begin_fill({.name = name_of(query.key), .voucher = voucher_of(by), .begun = now});
}

PutOutcome ReferenceCache::put(Instant now, FillId fill, const CachedQuery& query, std::string reply,
                               ServerInstant expires_at) {
  const bool refused = is_null(reply) && !options_.cache_nil;
  const auto taken = store_->take_fill(fill);
  seen({query.key});
  if (is_error(reply)) return PutOutcome::refused_error;
  if (refused) return PutOutcome::refused_nil;
  // Whether it is open is asked after the reply was seen: in a stream without order it overtakes its own fill's fellows
  // but not itself, for it is taken.
  KeptReply kept{.frame = std::move(reply), .expires_at = expires_at};
  if (taken) {
    kept.asked_at = taken->begun;
    kept.voucher = taken->voucher;
  }
  const PutOutcome outcome = outcome_of(now, taken, query, kept);
  if (outcome == PutOutcome::kept) store_->keep(name_of(query.key), question_of(query), std::move(kept));
  if (outcome == PutOutcome::refused_revoked && fill != no_fill) say("revoked", query);
  return outcome;
}

PutOutcome ReferenceCache::outcome_of(Instant now, const std::optional<ReferenceFill>& fill, const CachedQuery& query,
                                      const KeptReply& reply) const {
  if (!scope_ || !fill || fill->revoked || fill->name != name_of(query.key) ||
      !store_->depends_on(fill->voucher, link_)) {
    return PutOutcome::refused_revoked;
  }
  const bool can_expire = reply.expires_at == never_expires || store_->server_clock(fill->voucher, now);
  if (!can_expire || !store_->vouches(fill->voucher, now, options_.max_idle)) return PutOutcome::refused_unhealthy;
  if (!store_->fits(name_of(query.key), question_of(query), reply)) return PutOutcome::refused_bounds;
  return PutOutcome::kept;
}

void ReferenceCache::abandon_fill(FillId fill) { store_->take_fill(fill); }

void ReferenceCache::seen(const std::vector<std::string>& keys, ConnectionId by) {
  if (!scope_) return;
  for (const auto& key : keys) store_->overtake(name_of(key), stream_of(by));
}

void ReferenceCache::invalidate(const std::vector<std::string>& keys) {
  if (shut_down_) return;
  fence(keys);
  for (const auto& key : keys) {
    stats_->count(Counted::invalidations, key);
    told_.push_back("invalidated " + key);
  }
}

void ReferenceCache::fence(const std::vector<std::string>& keys) {
  if (!scope_) return;
  for (const auto& key : keys) store_->remove(name_of(key));
}

void ReferenceCache::flush() {
  store_->clear();
  told_.push_back("flushed");
}

void ReferenceCache::reset() {
  if (shut_down_) return;
  flush();
  stats_->compact();
  confidence_ = std::clamp(options_.confidence, 0.0, 100.0);
}

void ReferenceCache::begin_bypass() { store_->begin_bypass(); }

void ReferenceCache::end_bypass(Instant now) {
  store_->end_bypass();
  trust_others_after_ = now;
}

void ReferenceCache::shutdown() {
  link_down();
  shut_down_ = true;
}

void ReferenceCache::feedback(const CachedQuery& query, Agreement agreement) {
  if (shut_down_) return;
  if (agreement == Agreement::yes) {
    if (options_.dynamic_confidence) confidence_ = std::min(100.0, confidence_ * 1.0001);
    return;
  }
  stats_->count(Counted::dirty, query.key);
  invalidate({query.key});
  if (options_.dynamic_confidence) confidence_ *= 0.999;
}

ReferenceTotals ReferenceCache::totals() const {
  return {.hits = stats_->total(Counted::hits),
          .misses = stats_->total(Counted::misses),
          .dirty = stats_->total(Counted::dirty),
          .invalidations = stats_->total(Counted::invalidations)};
}

bool ReferenceCache::in_order() const {
  return options_.told_by == ToldBy::reading_link && options_.told_of == ToldOf::what_was_read;
}

bool ReferenceCache::needs_registration() const {
  return options_.told_by == ToldBy::other_link && options_.told_of == ToldOf::what_was_read;
}

Question ReferenceCache::question_of(const CachedQuery& query) const {
  return {.space = std::to_string(scope_->database) + '/' + std::to_string(scope_->protocol) + '/' + scope_->user,
          .command = query.command,
          .arguments = query.arguments};
}

bool ReferenceCache::may_serve(Instant now, const KeptReply& reply) const {
  if (!store_->vouches(reply.voucher, now, options_.max_idle) || too_old(now, reply)) return false;
  if (store_->depends_on(reply.voucher, link_)) return true;
  return store_->vouches(link_, now, options_.max_idle) &&
         (!trust_others_after_ || *store_->proved(reply.voucher) > *trust_others_after_);
}

bool ReferenceCache::expired(Instant now, const KeptReply& reply) const {
  const auto clock = store_->server_clock(reply.voucher, now);
  return reply.expires_at != never_expires && (!clock || *clock >= reply.expires_at);
}

bool ReferenceCache::too_old(Instant now, const KeptReply& reply) const {
  const Instant age = (now / tick - reply.asked_at / tick + 1) * tick;
  return options_.max_ttl != 0 && age >= options_.max_ttl;
}

const KeptReply* ReferenceCache::find_own(Instant now, const CachedQuery& query) const {
  const KeptReply* reply = scope_ && accepts(query) ? store_->find(name_of(query.key), question_of(query)) : nullptr;
  const bool found = reply != nullptr && reply->voucher == link_ && may_serve(now, *reply) && !expired(now, *reply);
  return found ? reply : nullptr;
}

/// The stream whose order tells what came after what; none if there is no such order.
Voucher ReferenceCache::stream_of(ConnectionId by) const {
  return in_order() && by == the_link ? link_ : no_voucher;
}

Voucher ReferenceCache::voucher_of(ConnectionId by) const {
  if (in_order()) return by == the_link ? link_ : no_voucher;
  if (!needs_registration()) return link_;
  for (const DataConnection& data : data_) {
    if (data.connection == by) return data.voucher;
  }
  return no_voucher;
}

std::vector<ReferenceCache::DataConnection>::iterator ReferenceCache::find_data(ConnectionId connection) {
  return std::find_if(data_.begin(), data_.end(),
                      [=](const DataConnection& data) { return data.connection == connection; });
}

void ReferenceCache::add_data(ConnectionId connection, bool foreign, Instant now) {
  connection_lost(connection);
  data_.push_back(
      {.connection = connection, .foreign = foreign, .voucher = store_->new_voucher(link_), .since = now});
}

void ReferenceCache::lose_data() {
  for (const DataConnection& data : data_) store_->end(data.voucher);
  data_.clear();
}

void ReferenceCache::say(const std::string& event, const CachedQuery& query) {
  told_.push_back(event + ' ' + query.command + ' ' + query.key);
}

}  // namespace trackside::model
