#include "tracking/data_connections.hpp"

#include <algorithm>

#include "seam/mark.hpp"

namespace trackside::tracking {

std::vector<DataConnections::Item>::iterator DataConnections::find(DataConnection connection) {
  return std::find_if(items_.begin(), items_.end(), [=](const Item& item) { return item.connection == connection; });
}

void DataConnections::drop(const Item& item) {
  item.lease->end();
  store_.drop(*item.lease);
  store_.give_back(*item.lease);
}

void DataConnections::replace(DataConnection connection, Origin origin, Time now) {
  const auto known = find(connection);
  if (known != items_.end()) {
    drop(*known);  // registered anew: what was told in between is not known
    items_.erase(known);
  }
  cache::Lease& lease = store_.take_lease();
  lease.put_under(&link_);
  items_.push_back({.connection = connection, .origin = origin, .lease = &lease, .registered = now});
}

void DataConnections::vouch(DataConnection connection, Time anchor, ServerTime server_time) {
  const std::lock_guard guard{mutex_};
  const auto known = find(connection);
  if (known != items_.end()) {
    known->lease->set_server_time(anchor, server_time);
    known->lease->renew(anchor);
  }
}

void DataConnections::remove(DataConnection connection, Time as_of) {
  const std::lock_guard guard{mutex_};
  const auto known = find(connection);
  if (known != items_.end() && known->registered <= as_of) {
    drop(*known);
    items_.erase(known);
  }
}

void DataConnections::remove_all() {
  const std::lock_guard guard{mutex_};
  for (const Item& item : items_) {
    drop(item);
  }
  items_.clear();
}

Fill DataConnections::begin_fill(const cache::Reader& reader, const Query& query, DataConnection by) {
  const std::lock_guard guard{mutex_};
  const auto known = find(by);
  TRACKSIDE_MARK_IF(fill_by_unregistered_connection, known == items_.end());
  return known == items_.end() ? Fill::none : store_.begin_fill(reader, query, *known->lease);
}

std::vector<std::int64_t> DataConnections::foreign() const {
  const std::lock_guard guard{mutex_};
  std::vector<std::int64_t> ids;
  for (const Item& item : items_) {
    if (item.origin == Origin::foreign) {
      ids.push_back(static_cast<std::int64_t>(item.connection));
    }
  }
  return ids;
}

}  // namespace trackside::tracking
