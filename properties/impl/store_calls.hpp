// Random calls to caches and their specifications, and random options of every kind.
//
// Questions are chosen to be confused: equal when joined as text, empty, with zero bytes, prefixes of one another.
// Times stand at the edges where something changes: a nanosecond before, at and after the end of a lease, a key's
// expiry, the end of a reply's time.
// Neighbours: store_property.cpp and shared_store_property.cpp say how many caches there are; store_twin.hpp compares.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "properties/impl/store_twin.hpp"

namespace trackside::testing {

inline constexpr ServerTime epoch = 1'700'000'000'000'000'000;  // what the server's clock shows one second after zero

enum class Call : std::uint8_t {
  get,
  get_all,
  confirm_all,
  begin,
  put,
  put_astray,
  abandon,
  seen,
  invalidate,
  fence,
  feedback,
  flush,
  reset,
  bypass,
  end_bypass,
  distrust,
  mend,
  link_up,
  link_down,
  vouch,
  data_up,
  data_down,
  data_vouch,
  enrol,
  wait,
  wait_for_lease,
  wait_for_expiry,
  wait_for_ttl,
  shutdown,
  initialize,
  leave,
  join
};

struct Step {
  Call call;
  unsigned who;  // which of the caches
  unsigned key;
  unsigned form;
  unsigned amount;
};

void showValue(const Step& step, std::ostream& out);

rc::Gen<std::vector<Step>> any_steps();

/// A cache with any options; and one with any bounds of a store.
TwinCache any_cache();
CacheOptions any_bounds(CacheOptions options);

/// Small values, some of them null.
std::string any_frame(unsigned value);

class Interpreter {
 public:
  Interpreter(std::vector<TwinCache> caches, Counting counting);

  /// Every cache joins, mostly with its link and connections up.
  void begin();
  /// The call, on both sides, and a look at everything.
  void take(const Step& step);
  /// Everything that may be held is asked for.
  void take_stock();

  const StoreTwin& twin() const { return twin_; }

 private:
  void connect(std::size_t who, unsigned amount);
  std::size_t recent_fill(unsigned amount) const;
  std::int64_t connection(const Step& step) const;
  std::vector<model::CachedQuery> several(const Step& step) const;
  void get(const Step& step);
  void confirm(const Step& step);
  void put(const Step& step);
  void put_astray(const Step& step);
  void enrol(const Step& step);
  void distrust(const Step& step);
  void mend(const Step& step);
  ServerTime expiry(const Step& step);
  std::int64_t any_anchor(const Step& step) const;
  ServerTime any_server_time(const Step& step) const;
  void wait_until(std::int64_t instant, unsigned amount);

  const std::vector<TwinCache> drawn_;
  StoreTwin twin_;
  ServerTime expiry_ = epoch;
};

}  // namespace trackside::testing
