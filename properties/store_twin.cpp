#include "properties/store_twin.hpp"

#include <rapidcheck.h>

namespace trackside::testing {
namespace {

/// A query of the library that points into one of the model.
struct Borrowed {
  explicit Borrowed(const model::CachedQuery& from) {
    for (const std::string& argument : from.arguments) {
      arguments.push_back(argument);
    }
    query = {.command = from.command, .key = from.key, .arguments = arguments};
  }
  std::vector<std::string_view> arguments;
  Query query;
};

std::vector<std::string_view> borrow(const std::vector<std::string>& keys) { return {keys.begin(), keys.end()}; }

model::ReferenceOptions specification_of(const CacheOptions& options) {
  return {.max_keys = options.max_keys,
          .max_size_bytes = options.max_size_bytes,
          .max_idle = options.max_idle.count(),
          .confidence = options.confidence,
          .dynamic_confidence = options.dynamic_confidence,
          .key_overhead = 64,
          .reply_overhead = 48};
}

CacheSummary summary_of(const model::ReferenceTotals& totals) {
  return {.hits = totals.hits,
          .misses = totals.misses,
          .dirty_hits = totals.dirty,
          .invalidations = totals.invalidations};
}

}  // namespace

StoreTwin::StoreTwin(const CacheOptions& options)
    : subject_(options), specification_(specification_of(options)), options_(options) {}

void StoreTwin::initialize() {
  if (!initialized_) {
    initialized_ = true;
    subject_.initialize(clock, {.server = "here"});
    specification_.initialize();
  }
}

void StoreTwin::link_up(std::int64_t client_id) {
  subject_.link_up(client_id);
  specification_.link_up(client_id);
}

void StoreTwin::link_down() {
  subject_.link_down();
  specification_.link_down();
}

void StoreTwin::vouch(std::int64_t anchor, ServerTime server_time) {
  anchor_ = anchor;
  server_time_ = server_time;
  subject_.link_vouched(Time{Duration{anchor}}, server_time);
  specification_.link_vouched(anchor, server_time);
}

void StoreTwin::get(const model::CachedQuery& query) {
  Reply reply;
  const bool hit = subject_.get(Borrowed{query}.query, reply);
  const auto expected = specification_.get(clock.instant, query);
  RC_ASSERT(hit == expected.has_value());
  if (hit) {
    RC_ASSERT(std::string{reply.view().frame()} == *expected);
  }
}

void StoreTwin::begin_fill(const model::CachedQuery& query) {
  const Fill fill = subject_.begin_fill(Borrowed{query}.query);
  const model::FillId expected = specification_.begin_fill(clock.instant, query);
  RC_ASSERT((fill == Fill::none) == (expected == model::no_fill));
  if (fill != Fill::none) {
    fills_.push_back({fill, expected, query});
  }
}

void StoreTwin::put(std::size_t fill, const model::CachedQuery& query, const std::string& frame,
                    ServerTime expires_at) {
  const bool known = fill < fills_.size();
  const PutResult result = subject_.put(known ? fills_[fill].subject : Fill::none, Borrowed{query}.query,
                                        ReplyView{frame}, expires_at);
  const model::PutOutcome expected = specification_.put(
      clock.instant, known ? fills_[fill].specification : model::no_fill, query, frame, expires_at);
  RC_ASSERT(static_cast<int>(result) == static_cast<int>(expected));
}

void StoreTwin::abandon(std::size_t fill) {
  if (fill < fills_.size()) {
    subject_.abandon_fill(fills_[fill].subject);
    specification_.abandon_fill(fills_[fill].specification);
  }
}

void StoreTwin::invalidate(const std::vector<std::string>& keys) {
  subject_.invalidate(borrow(keys));
  specification_.invalidate(keys);
}

void StoreTwin::fence(const std::vector<std::string>& keys) {
  subject_.fence(borrow(keys));
  specification_.fence(keys);
}

void StoreTwin::feedback(const model::CachedQuery& query, Match match) {
  subject_.feedback(Borrowed{query}.query, match);
  specification_.feedback(query, match == Match::yes ? model::Agreement::yes : model::Agreement::no);
}

void StoreTwin::flush() {
  subject_.flush();
  specification_.flush();
}

void StoreTwin::reset() {
  subject_.reset();
  specification_.reset();
}

void StoreTwin::begin_bypass() {
  ++bypasses_;
  subject_.begin_bypass();
  specification_.begin_bypass();
}

void StoreTwin::end_bypass() {
  if (bypasses_ > 0) {
    --bypasses_;
    subject_.end_bypass();
    specification_.end_bypass();
  }
}

void StoreTwin::shutdown() {
  subject_.shutdown();
  specification_.shutdown();
}

void StoreTwin::compare() const {
  RC_ASSERT(subject_.keys() == specification_.keys_by_recency().size());
  RC_ASSERT(static_cast<std::int64_t>(subject_.bytes()) == specification_.size_bytes());
  RC_ASSERT(options_.max_keys < 0 || subject_.keys() <= static_cast<std::size_t>(options_.max_keys));
  RC_ASSERT(options_.max_size_bytes < 0 || subject_.bytes() <= static_cast<std::size_t>(options_.max_size_bytes));
  RC_ASSERT(subject_.stats()->summary() == summary_of(specification_.totals()));
  RC_ASSERT(subject_.confidence() == specification_.confidence());
  RC_ASSERT(subject_.healthy() == specification_.healthy(clock.instant));
  RC_ASSERT(subject_.get_client_id() == specification_.client_id());
  RC_ASSERT(subject_.open_fills() == specification_.known_fills());
  for (const BothFills& fill : fills_) {
    RC_ASSERT(subject_.is_open(fill.subject) == specification_.is_open(fill.specification));
  }
}

}  // namespace trackside::testing
