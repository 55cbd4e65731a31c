// Passes everything on to the cache for the client's topology. See trackside/tracking_cache.hpp.
#include "trackside/tracking_cache.hpp"

#include "trackside/node_tracking_cache.hpp"

namespace trackside {

TrackingCache::TrackingCache(CacheOptions options)
    : TrackingCache(std::make_shared<NodeTrackingCache>(std::move(options))) {}
TrackingCache::TrackingCache(std::shared_ptr<AbstractCache> actual) : actual_(std::move(actual)) {}
TrackingCache::~TrackingCache() = default;

std::shared_ptr<AbstractCache> TrackingCache::initialize(const Clock& clock, const CacheScope& scope) {
  if (scope.topology == Topology::cluster) {
    throw boost::system::system_error(make_error_code(Errc::cluster_unsupported));
  }
  std::shared_ptr<AbstractCache> other = actual_->initialize(clock, scope);
  return other == nullptr ? nullptr : std::shared_ptr<AbstractCache>{new TrackingCache{std::move(other)}};
}

std::shared_ptr<AbstractCache> TrackingCache::share() {
  return std::shared_ptr<AbstractCache>{new TrackingCache{actual_->share()}};
}

std::shared_ptr<CacheStore> TrackingCache::store() const { return actual_->store(); }
bool TrackingCache::healthy() const { return actual_->healthy(); }
double TrackingCache::confidence() const { return actual_->confidence(); }
std::shared_ptr<CacheStats> TrackingCache::stats() const { return actual_->stats(); }
std::optional<std::int64_t> TrackingCache::get_client_id() const { return actual_->get_client_id(); }
bool TrackingCache::get(const Query& query, Reply& out) { return actual_->get(query, out); }
PutResult TrackingCache::put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) {
  return actual_->put(fill, query, value, expires_at);
}
void TrackingCache::invalidate(std::span<const std::string_view> keys) { actual_->invalidate(keys); }
void TrackingCache::feedback(const Query& query, Match match) { actual_->feedback(query, match); }
void TrackingCache::reset() { actual_->reset(); }
void TrackingCache::shutdown() { actual_->shutdown(); }

const TrackingOptions& TrackingCache::tracking() const { return actual_->tracking(); }
Duration TrackingCache::max_idle() const { return actual_->max_idle(); }
bool TrackingCache::accepts(const Query& query) const { return actual_->accepts(query); }
bool TrackingCache::get_all(std::span<const Query> queries, std::span<Reply> out) {
  return actual_->get_all(queries, out);
}
bool TrackingCache::confirm_all(std::span<const Query> queries, std::span<const ReplyView> replies) const {
  return actual_->confirm_all(queries, replies);
}
std::optional<CacheUsage> TrackingCache::usage() const { return actual_->usage(); }
Fill TrackingCache::begin_fill(const Query& query, DataConnection by) { return actual_->begin_fill(query, by); }
void TrackingCache::abandon_fill(Fill fill) { actual_->abandon_fill(fill); }
bool TrackingCache::is_open(Fill fill) const { return actual_->is_open(fill); }
bool TrackingCache::holds(const Query& query, ReplyView value) const { return actual_->holds(query, value); }
void TrackingCache::fence(std::span<const std::string_view> keys) { actual_->fence(keys); }
void TrackingCache::seen(std::span<const std::string_view> keys, DataConnection by) { actual_->seen(keys, by); }
void TrackingCache::begin_bypass() { actual_->begin_bypass(); }
void TrackingCache::end_bypass() { actual_->end_bypass(); }
void TrackingCache::flush() { actual_->flush(); }
void TrackingCache::link_up(std::int64_t client_id) { actual_->link_up(client_id); }
void TrackingCache::link_vouched(Time anchor, std::optional<ServerTime> server_time) {
  actual_->link_vouched(anchor, server_time);
}
void TrackingCache::link_down() { actual_->link_down(); }
void TrackingCache::data_up(DataConnection connection) { actual_->data_up(connection); }
void TrackingCache::data_vouched(DataConnection connection, Time anchor, ServerTime server_time) {
  actual_->data_vouched(connection, anchor, server_time);
}
void TrackingCache::data_down(DataConnection connection, Time as_of) { actual_->data_down(connection, as_of); }
error_code TrackingCache::register_connection(const Registration& registration) {
  return actual_->register_connection(registration);
}
void TrackingCache::connection_lost(std::int64_t client_id) { actual_->connection_lost(client_id); }
std::vector<std::int64_t> TrackingCache::foreign_connections() const { return actual_->foreign_connections(); }

}  // namespace trackside
