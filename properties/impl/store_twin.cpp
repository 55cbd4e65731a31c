#include "properties/impl/store_twin.hpp"

#include <algorithm>

#include <rapidcheck.h>

namespace trackside::testing {
namespace {

/// Those point into these, which stay where they are.
struct BorrowedSeveral {
  explicit BorrowedSeveral(const std::vector<model::CachedQuery>& from) {
    owners.reserve(from.size());
    for (const model::CachedQuery& query : from) {
      queries.push_back(owners.emplace_back(query).query);
    }
  }
  std::vector<Borrowed> owners;
  std::vector<Query> queries;
};

std::vector<std::string_view> borrow(const std::vector<std::string>& keys) { return {keys.begin(), keys.end()}; }

/// The formula of trackside/cache_store.hpp.
model::ReferenceBounds bounds_of(const CacheOptions& options) {
  return {.max_keys = options.max_keys,
          .max_size_bytes = options.max_size_bytes,
          .key_overhead = 16,
          .key_header = 24,
          .reply_overhead = 40,
          .block_header = 8,
          .block_step = 16,
          .block_min = 32};
}

model::ReferenceOptions specification_of(const CacheOptions& options) {
  model::ReferenceOptions specified;
  specified.max_idle = options.max_idle.count();
  specified.max_ttl = options.max_ttl.count();
  specified.cache_nil = options.cache_nil;
  specified.confidence = options.confidence;
  specified.dynamic_confidence = options.dynamic_confidence;
  specified.told_by =
      options.tracking.delivery == Delivery::redirect ? model::ToldBy::other_link : model::ToldBy::reading_link;
  specified.told_of =
      options.tracking.selection == Selection::broadcast ? model::ToldOf::prefixes : model::ToldOf::what_was_read;
  specified.prefixes = options.tracking.prefixes;
  if (options.cacheable) {
    specified.cacheable = [asked = options.cacheable](const model::CachedQuery& query) {
      return asked(Borrowed{query}.query);
    };
  }
  return specified;
}

model::ReferenceScope scope_of(const CacheScope& scope) {
  return {.server = std::string{scope.server},
          .database = scope.database,
          .user = std::string{scope.user},
          .protocol = static_cast<int>(scope.protocol)};
}

CacheHooks telling(std::vector<std::string>& told) {
  const auto with_query = [&told](const char* event) {
    return [&told, event](const Query& query) {
      told.push_back(event + std::string{query.command} + ' ' + std::string{query.key});
    };
  };
  return {.hit = with_query("hit "),
          .miss = with_query("miss "),
          .invalidated = [&told](std::string_view key) { told.push_back("invalidated " + std::string{key}); },
          .flushed = [&told] { told.push_back("flushed"); },
          .revoked = with_query("revoked "),
          .link_up = [&told](std::int64_t client_id) { told.push_back("link up " + std::to_string(client_id)); },
          .link_down = [&told] { told.push_back("link down"); }};
}

}  // namespace

StoreTwin::StoreTwin(std::vector<TwinCache> caches, Counting counting)
    : bounds_(bounds_of(caches.front().options)),
      subject_store_(std::make_shared<CacheStore>(bounds_.max_keys, bounds_.max_size_bytes)),
      reference_store_(std::make_shared<model::ReferenceStore>(bounds_)) {
  for (TwinCache& drawn : caches) {
    if (stats_.empty() || counting == Counting::apart) {
      stats_.push_back(
          {std::make_shared<CacheStats>(), std::make_shared<model::ReferenceStats>(model::ReferenceStatsLimits{})});
    }
    drawn.options.store = subject_store_;
    drawn.options.stats = stats_.back().subject;
    drawn.options.hooks = telling(told_);
    caches_.push_back({.drawn = std::move(drawn), .stats = stats_.size() - 1});
  }
}

StoreTwin::StoreTwin(const CacheOptions& options) : StoreTwin({TwinCache{options}}, Counting::together) {
  join(0, Origin::made);
}

StoreTwin::~StoreTwin() = default;

std::shared_ptr<NodeTrackingCache> StoreTwin::new_subject(const Both& cache, Origin origin) {
  if (origin == Origin::made) {
    return std::make_shared<NodeTrackingCache>(cache.drawn.options);
  }
  Both& other = living();
  std::shared_ptr<AbstractCache> share;
  if (origin == Origin::initialized_again && other.initialized) {
    share = other.subject->initialize(clock, cache.drawn.scope);
  } else {
    share = other.subject->share();
  }
  return std::dynamic_pointer_cast<NodeTrackingCache>(share);
}

std::size_t StoreTwin::count_living() const {
  std::size_t count = 0;
  for (std::size_t who = 0; who < caches_.size(); ++who) {
    count += joined(who) ? 1 : 0;
  }
  return count;
}

StoreTwin::Both& StoreTwin::living() {
  return *std::find_if(caches_.begin(), caches_.end(), [](const Both& cache) { return cache.subject != nullptr; });
}

void StoreTwin::join(std::size_t who, Origin origin) {
  if (who >= caches_.size() || joined(who)) {
    return;
  }
  Both& cache = caches_[who];
  const Origin possible = count_living() == 0 ? Origin::made : origin;
  const bool initialized = possible == Origin::initialized_again && living().initialized;
  if (possible != Origin::made) {
    const Both& other = living();
    cache.drawn.options = other.drawn.options;
    cache.stats = other.stats;
  }
  std::shared_ptr<NodeTrackingCache> subject = new_subject(cache, possible);
  RC_ASSERT(subject != nullptr);
  cache.subject = std::move(subject);
  model::ReferenceOptions specified = specification_of(cache.drawn.options);
  specified.store = reference_store_;
  specified.stats = stats_[cache.stats].specification;
  cache.specification = std::make_unique<model::ReferenceCache>(specified);
  cache.initialized = false;
  if (initialized) {
    cache.initialized = true;
    cache.specification->initialize(scope_of(cache.drawn.scope));
  }
}

void StoreTwin::leave(std::size_t who) {
  if (!joined(who) || count_living() < 2) {
    return;
  }
  while (caches_[who].bypasses > 0) {
    end_bypass(who);
  }
  caches_[who].subject.reset();
  caches_[who].specification.reset();
}

void StoreTwin::initialize(std::size_t who) {
  if (!joined(who) || caches_[who].initialized) {
    return;
  }
  Both& cache = caches_[who];
  cache.initialized = true;
  RC_ASSERT(cache.subject->initialize(clock, cache.drawn.scope) == nullptr);
  cache.specification->initialize(scope_of(cache.drawn.scope));
}

void StoreTwin::link_up(std::int64_t client_id, std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->link_up(client_id);
    caches_[who].specification->link_up(client_id);
  }
}

void StoreTwin::link_down(std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->link_down();
    caches_[who].specification->link_down();
  }
}

void StoreTwin::vouch(std::int64_t anchor, std::optional<ServerTime> server_time, std::size_t who) {
  if (joined(who)) {
    anchor_ = anchor;
    server_time_ = server_time.value_or(server_time_);
    caches_[who].subject->link_vouched(Time{Duration{anchor}}, server_time);
    caches_[who].specification->link_vouched(anchor, server_time);
  }
}

/// A cache has its clock from `initialize` on; until then it is the beginning of time for it.
model::Instant StoreTwin::shown_to(std::size_t who) const { return caches_[who].initialized ? clock.instant : 0; }

void StoreTwin::data_up(std::int64_t connection, std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->data_up(DataConnection{connection});
    caches_[who].specification->data_up(shown_to(who), connection);
  }
}

void StoreTwin::data_vouched(std::int64_t connection, std::int64_t anchor, ServerTime server_time, std::size_t who) {
  if (joined(who)) {
    anchor_ = anchor;
    server_time_ = server_time;
    caches_[who].subject->data_vouched(DataConnection{connection}, Time{Duration{anchor}}, server_time);
    caches_[who].specification->data_vouched(connection, anchor, server_time);
  }
}

void StoreTwin::data_down(std::int64_t connection, Time as_of, std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->data_down(DataConnection{connection}, as_of);
    caches_[who].specification->data_down(connection, as_of.time_since_epoch().count());
  }
}

void StoreTwin::connection_lost(std::int64_t connection, std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->connection_lost(connection);
    caches_[who].specification->connection_lost(connection);
  }
}

void StoreTwin::register_connection(const Registration& registration, std::size_t who) {
  if (!joined(who)) {
    return;
  }
  const error_code result = caches_[who].subject->register_connection(registration);
  const bool asked = registration.asked_at != long_ago;
  const auto expected = caches_[who].specification->register_connection(
      shown_to(who),
      {.connection = registration.client_id,
       .redirect = registration.redirect,
       .noloop = registration.noloop,
       .asked_at = asked ? std::optional{registration.asked_at.time_since_epoch().count()} : std::nullopt});
  switch (expected) {
    case model::RegisterOutcome::registered: RC_ASSERT(!result); break;
    case model::RegisterOutcome::noloop_unsound: RC_ASSERT(result == make_error_code(Errc::noloop_unsound)); break;
    case model::RegisterOutcome::tracking_invalid: RC_ASSERT(result == make_error_code(Errc::tracking_invalid)); break;
    case model::RegisterOutcome::redirect_mismatch:
      RC_ASSERT(result == make_error_code(Errc::redirect_mismatch));
      break;
  }
}

void StoreTwin::get(const model::CachedQuery& query, std::size_t who) {
  if (!joined(who)) {
    return;
  }
  Reply reply;
  const bool hit = caches_[who].subject->get(Borrowed{query}.query, reply);
  const auto expected = caches_[who].specification->get(clock.instant, query);
  RC_ASSERT(hit == expected.has_value());
  if (hit) {
    RC_ASSERT(std::string{reply.view().frame()} == *expected);
    const auto keeper =
        std::find_if(fills_.rbegin(), fills_.rend(), [&](const BothFills& fill) { return fill.query == query; });
    foreign_hits_ += keeper != fills_.rend() && keeper->who != who ? 1 : 0;
  }
}

void StoreTwin::get_all(const std::vector<model::CachedQuery>& queries, std::size_t who) {
  if (!joined(who)) {
    return;
  }
  std::vector<Reply> replies(queries.size());
  const bool hit = caches_[who].subject->get_all(BorrowedSeveral{queries}.queries, replies);
  const auto expected = caches_[who].specification->get_all(clock.instant, queries);
  RC_ASSERT(hit == expected.has_value());
  for (std::size_t index = 0; hit && index < queries.size(); ++index) {
    RC_ASSERT(std::string{replies[index].view().frame()} == (*expected)[index]);
  }
  joint_hits_ += hit && !queries.empty() ? 1 : 0;
}

void StoreTwin::confirm_all(const std::vector<model::CachedQuery>& queries, const std::vector<std::string>& replies,
                            std::size_t who) {
  if (joined(who)) {
    std::vector<ReplyView> views;
    for (const std::string& reply : replies) {
      views.emplace_back(reply);
    }
    RC_ASSERT(caches_[who].subject->confirm_all(BorrowedSeveral{queries}.queries, views) ==
              caches_[who].specification->confirm_all(clock.instant, queries, replies));
  }
}

void StoreTwin::begin_fill(const model::CachedQuery& query, std::int64_t by, std::size_t who) {
  if (!joined(who)) {
    return;
  }
  const Fill fill = caches_[who].subject->begin_fill(Borrowed{query}.query, DataConnection{by});
  const model::FillId expected = caches_[who].specification->begin_fill(clock.instant, query, by);
  RC_ASSERT((fill == Fill::none) == (expected == model::no_fill));
  if (fill != Fill::none) {
    fills_.push_back({fill, expected, query, who, clock.instant});
  }
}

void StoreTwin::put(std::size_t fill, const model::CachedQuery& query, const std::string& frame, ServerTime expires_at,
                    std::size_t who) {
  if (!joined(who)) {
    return;
  }
  const bool known = fill < fills_.size();
  const PutResult result = caches_[who].subject->put(known ? fills_[fill].subject : Fill::none, Borrowed{query}.query,
                                                     ReplyView{frame}, expires_at);
  const model::PutOutcome expected = caches_[who].specification->put(
      clock.instant, known ? fills_[fill].specification : model::no_fill, query, frame, expires_at);
  RC_ASSERT(static_cast<int>(result) == static_cast<int>(expected));
  puts_.push_back({query, frame});
  if (result == PutResult::kept) {
    kept_.push_back({query, frame});
  }
}

void StoreTwin::abandon(std::size_t fill, std::size_t who) {
  if (joined(who) && fill < fills_.size()) {
    caches_[who].subject->abandon_fill(fills_[fill].subject);
    caches_[who].specification->abandon_fill(fills_[fill].specification);
  }
}

void StoreTwin::seen(const std::vector<std::string>& keys, std::int64_t by, std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->seen(borrow(keys), DataConnection{by});
    caches_[who].specification->seen(keys, by);
  }
}

void StoreTwin::invalidate(const std::vector<std::string>& keys, std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->invalidate(borrow(keys));
    caches_[who].specification->invalidate(keys);
  }
}

void StoreTwin::fence(const std::vector<std::string>& keys, std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->fence(borrow(keys));
    caches_[who].specification->fence(keys);
  }
}

void StoreTwin::feedback(const model::CachedQuery& query, Match match, std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->feedback(Borrowed{query}.query, match);
    caches_[who].specification->feedback(query, match == Match::yes ? model::Agreement::yes : model::Agreement::no);
  }
}

void StoreTwin::flush(std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->flush();
    caches_[who].specification->flush();
  }
}

void StoreTwin::reset(std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->reset();
    caches_[who].specification->reset();
  }
}

void StoreTwin::begin_bypass(std::size_t who) {
  if (joined(who) && caches_[who].initialized) {
    ++caches_[who].bypasses;
    caches_[who].subject->begin_bypass();
    caches_[who].specification->begin_bypass();
  }
}

void StoreTwin::end_bypass(std::size_t who) {
  if (joined(who) && caches_[who].bypasses > 0) {
    --caches_[who].bypasses;
    caches_[who].subject->end_bypass();
    caches_[who].specification->end_bypass(clock.instant);
  }
}

void StoreTwin::shutdown(std::size_t who) {
  if (joined(who)) {
    caches_[who].subject->shutdown();
    caches_[who].specification->shutdown();
  }
}

std::optional<std::int64_t> StoreTwin::client_id(std::size_t who) const {
  return joined(who) ? caches_[who].specification->client_id() : std::nullopt;
}

std::uint64_t StoreTwin::hits() const {
  std::uint64_t sum = 0;
  for (const BothStats& stats : stats_) {
    sum += stats.specification->total(model::Counted::hits);
  }
  return sum;
}

}  // namespace trackside::testing
