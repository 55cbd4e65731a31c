// Passes everything on. See trackside/forwarding_cache.hpp.
#include "trackside/forwarding_cache.hpp"

namespace trackside {

std::shared_ptr<AbstractCache> ForwardingCache::initialize(const Clock& clock, const CacheScope& scope) {
  if (std::shared_ptr<AbstractCache> other = within().initialize(clock, scope)) {
    replace(std::move(other));
  }
  return nullptr;
}
std::shared_ptr<AbstractCache> ForwardingCache::share() { return within().share(); }
std::shared_ptr<CacheStore> ForwardingCache::store() const { return within().store(); }
void ForwardingCache::release() { within().release(); }
bool ForwardingCache::healthy() const { return within().healthy(); }
double ForwardingCache::confidence() const { return within().confidence(); }
std::shared_ptr<CacheStats> ForwardingCache::stats() const { return within().stats(); }
std::optional<std::int64_t> ForwardingCache::get_client_id() const { return within().get_client_id(); }
bool ForwardingCache::get(const Query& query, Reply& out) { return within().get(query, out); }
PutResult ForwardingCache::put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) {
  return within().put(fill, query, value, expires_at);
}
void ForwardingCache::invalidate(std::span<const std::string_view> keys) { within().invalidate(keys); }
void ForwardingCache::feedback(const Query& query, Match match) { within().feedback(query, match); }
void ForwardingCache::reset() { within().reset(); }
void ForwardingCache::shutdown() { within().shutdown(); }

const TrackingOptions& ForwardingCache::tracking() const { return within().tracking(); }
Duration ForwardingCache::max_idle() const { return within().max_idle(); }
bool ForwardingCache::accepts(const Query& query) const { return within().accepts(query); }
bool ForwardingCache::get_all(std::span<const Query> queries, std::span<Reply> out) {
  return within().get_all(queries, out);
}
bool ForwardingCache::confirm_all(std::span<const Query> queries, std::span<const ReplyView> replies) const {
  return within().confirm_all(queries, replies);
}
std::optional<CacheUsage> ForwardingCache::usage() const { return within().usage(); }
Fill ForwardingCache::begin_fill(const Query& query, DataConnection by) { return within().begin_fill(query, by); }
void ForwardingCache::abandon_fill(Fill fill) { within().abandon_fill(fill); }
bool ForwardingCache::is_open(Fill fill) const { return within().is_open(fill); }
bool ForwardingCache::holds(const Query& query, ReplyView value) const { return within().holds(query, value); }
void ForwardingCache::fence(std::span<const std::string_view> keys) { within().fence(keys); }
void ForwardingCache::seen(std::span<const std::string_view> keys, DataConnection by) { within().seen(keys, by); }
void ForwardingCache::begin_bypass() { within().begin_bypass(); }
void ForwardingCache::end_bypass() { within().end_bypass(); }
void ForwardingCache::flush() { within().flush(); }
void ForwardingCache::link_up(std::int64_t client_id) { within().link_up(client_id); }
void ForwardingCache::link_vouched(Time anchor, std::optional<ServerTime> server_time) {
  within().link_vouched(anchor, server_time);
}
void ForwardingCache::link_down() { within().link_down(); }
void ForwardingCache::authority_vouched(Time anchor) { within().authority_vouched(anchor); }
void ForwardingCache::server_changed(std::string_view server) { within().server_changed(server); }
void ForwardingCache::data_up(DataConnection connection) { within().data_up(connection); }
void ForwardingCache::data_vouched(DataConnection connection, Time anchor, ServerTime server_time) {
  within().data_vouched(connection, anchor, server_time);
}
void ForwardingCache::data_down(DataConnection connection, Time as_of) { within().data_down(connection, as_of); }
std::shared_ptr<AbstractCache> ForwardingCache::part_for(std::string_view node) { return within().part_for(node); }
void ForwardingCache::guard_up(std::uint16_t slot) { within().guard_up(slot); }
void ForwardingCache::slots_vouched(std::span<const SlotProof> proofs, Time anchor) {
  within().slots_vouched(proofs, anchor);
}
void ForwardingCache::guards_down(std::span<const std::uint16_t> slots) { within().guards_down(slots); }
void ForwardingCache::slots_moved(std::span<const std::uint16_t> slots, std::string_view node) {
  within().slots_moved(slots, node);
}
error_code ForwardingCache::register_connection(const Registration& registration) {
  return within().register_connection(registration);
}
void ForwardingCache::connection_lost(std::int64_t client_id) { within().connection_lost(client_id); }
std::vector<std::int64_t> ForwardingCache::foreign_connections() const { return within().foreign_connections(); }

}  // namespace trackside
