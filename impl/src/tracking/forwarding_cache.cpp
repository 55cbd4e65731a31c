// Passes everything on. See trackside/forwarding_cache.hpp.
#include "trackside/forwarding_cache.hpp"

namespace trackside {

std::shared_ptr<AbstractCache> ForwardingCache::initialize(const Clock& clock, const CacheScope& scope) {
  if (std::shared_ptr<AbstractCache> other = within_->initialize(clock, scope)) {
    within_ = std::move(other);
  }
  return nullptr;
}
std::shared_ptr<AbstractCache> ForwardingCache::share() { return within_->share(); }
std::shared_ptr<CacheStore> ForwardingCache::store() const { return within_->store(); }
bool ForwardingCache::healthy() const { return within_->healthy(); }
double ForwardingCache::confidence() const { return within_->confidence(); }
std::shared_ptr<CacheStats> ForwardingCache::stats() const { return within_->stats(); }
std::optional<std::int64_t> ForwardingCache::get_client_id() const { return within_->get_client_id(); }
bool ForwardingCache::get(const Query& query, Reply& out) { return within_->get(query, out); }
PutResult ForwardingCache::put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) {
  return within_->put(fill, query, value, expires_at);
}
void ForwardingCache::invalidate(std::span<const std::string_view> keys) { within_->invalidate(keys); }
void ForwardingCache::feedback(const Query& query, Match match) { within_->feedback(query, match); }
void ForwardingCache::reset() { within_->reset(); }
void ForwardingCache::shutdown() { within_->shutdown(); }

const TrackingOptions& ForwardingCache::tracking() const { return within_->tracking(); }
Duration ForwardingCache::max_idle() const { return within_->max_idle(); }
bool ForwardingCache::accepts(const Query& query) const { return within_->accepts(query); }
bool ForwardingCache::get_all(std::span<const Query> queries, std::span<Reply> out) {
  return within_->get_all(queries, out);
}
bool ForwardingCache::confirm_all(std::span<const Query> queries, std::span<const ReplyView> replies) const {
  return within_->confirm_all(queries, replies);
}
std::optional<CacheUsage> ForwardingCache::usage() const { return within_->usage(); }
Fill ForwardingCache::begin_fill(const Query& query, DataConnection by) { return within_->begin_fill(query, by); }
void ForwardingCache::abandon_fill(Fill fill) { within_->abandon_fill(fill); }
bool ForwardingCache::is_open(Fill fill) const { return within_->is_open(fill); }
bool ForwardingCache::holds(const Query& query, ReplyView value) const { return within_->holds(query, value); }
void ForwardingCache::fence(std::span<const std::string_view> keys) { within_->fence(keys); }
void ForwardingCache::seen(std::span<const std::string_view> keys, DataConnection by) { within_->seen(keys, by); }
void ForwardingCache::begin_bypass() { within_->begin_bypass(); }
void ForwardingCache::end_bypass() { within_->end_bypass(); }
void ForwardingCache::flush() { within_->flush(); }
void ForwardingCache::link_up(std::int64_t client_id) { within_->link_up(client_id); }
void ForwardingCache::link_vouched(Time anchor, std::optional<ServerTime> server_time) {
  within_->link_vouched(anchor, server_time);
}
void ForwardingCache::link_down() { within_->link_down(); }
void ForwardingCache::authority_vouched(Time anchor) { within_->authority_vouched(anchor); }
void ForwardingCache::server_changed(std::string_view server) { within_->server_changed(server); }
void ForwardingCache::data_up(DataConnection connection) { within_->data_up(connection); }
void ForwardingCache::data_vouched(DataConnection connection, Time anchor, ServerTime server_time) {
  within_->data_vouched(connection, anchor, server_time);
}
void ForwardingCache::data_down(DataConnection connection, Time as_of) { within_->data_down(connection, as_of); }
std::shared_ptr<AbstractCache> ForwardingCache::part_for(std::string_view node) { return within_->part_for(node); }
void ForwardingCache::guard_up(std::uint16_t slot) { within_->guard_up(slot); }
void ForwardingCache::guard_down(std::uint16_t slot) { within_->guard_down(slot); }
void ForwardingCache::slot_moved(std::uint16_t slot, std::string_view node) { within_->slot_moved(slot, node); }
error_code ForwardingCache::register_connection(const Registration& registration) {
  return within_->register_connection(registration);
}
void ForwardingCache::connection_lost(std::int64_t client_id) { within_->connection_lost(client_id); }
std::vector<std::int64_t> ForwardingCache::foreign_connections() const { return within_->foreign_connections(); }

}  // namespace trackside
