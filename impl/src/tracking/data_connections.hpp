// The connections that redirect their invalidations to one cache's link, each with its lease.
//
// Two kinds: the client's own, which prove themselves, and foreign ones, which a program registered and for which the
// link asks the server. A foreign one vouches for nothing until the server was first asked.
// Invariant: a lease is in this list from before it is named by a fill until everything that names it is dropped; all
// of that happens under one lock, since programs register, read and lose connections on threads of their own.
#pragma once

#include <mutex>
#include <vector>

#include "cache/store.hpp"
#include "trackside/abstract_cache.hpp"

namespace trackside::tracking {

class DataConnections {
 public:
  DataConnections(cache::Store& store, const cache::Lease& link) : store_(store), link_(link) {}

  enum class Origin : std::uint8_t { own, foreign };
  void add(DataConnection connection, Origin origin, Time now) {
    add_if(connection, origin, now, [] { return true; });
  }
  /// The same, if `condition()` holds while nobody else comes or goes.
  template <class Condition>
  bool add_if(DataConnection connection, Origin origin, Time now, const Condition& condition) {
    const std::lock_guard guard{mutex_};
    if (!condition()) {
      return false;
    }
    replace(connection, origin, now);
    return true;
  }
  void vouch(DataConnection connection, Time anchor, ServerTime server_time);
  /// It was lost at `as_of`, unless it was registered later: a program registers anew while an answer is under way.
  void remove(DataConnection connection, Time as_of);
  void remove_all();

  /// Opens a fill by this connection; none if it does not redirect here.
  Fill begin_fill(const cache::Reader& reader, const Query& query, DataConnection by);
  std::vector<std::int64_t> foreign() const;

 private:
  struct Item {
    DataConnection connection;
    Origin origin;
    cache::Lease* lease;
    Time registered;
  };
  std::vector<Item>::iterator find(DataConnection connection);
  void drop(const Item& item);
  void replace(DataConnection connection, Origin origin, Time now);

  cache::Store& store_;
  const cache::Lease& link_;
  mutable std::mutex mutex_;
  std::vector<Item> items_;
};

}  // namespace trackside::tracking
