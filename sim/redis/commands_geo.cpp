// Places: GEOADD, GEODIST, GEOHASH, GEOPOS, GEOSEARCH and its older forms.
//
// What is found and not sorted is told in the order of the scores; the real server goes through neighbouring areas.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"
#include "sim/redis/geometry.hpp"

namespace trackside::sim::redis::commands {
namespace {

enum class Order : std::uint8_t { none, ascending, descending };

struct Search {
  Area area{};
  double unit = 1;
  bool from_member = false;
  bool from_place = false;
  bool by_radius = false;
  bool with_distance = false;
  bool with_hash = false;
  bool with_place = false;
  bool any = false;
  Order order = Order::none;
  std::int64_t count = 0;  // 0: all
  std::optional<std::string_view> store{};
  bool store_distance = false;
};

struct Found {
  SortedSet::Member member;
  double distance;
};

bool refuse(Context& context, std::string_view error) {
  context.reply.error(error);
  return false;
}

const SortedSet::Member* find_member(const SortedSet* set, std::string_view name) {
  const std::size_t rank = set != nullptr ? set->rank_of(name) : SortedSet::none;
  return rank != SortedSet::none ? &set->members[rank] : nullptr;
}

/// Metres of the unit; nothing once an error has been answered.
std::optional<double> parse_unit(Context& context, std::size_t index) {
  if (context.argument_is(index, "m")) return 1;
  if (context.argument_is(index, "km")) return 1000;
  if (context.argument_is(index, "ft")) return 0.3048;
  if (context.argument_is(index, "mi")) return 1609.34;
  context.reply.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return {};
}

std::optional<Place> parse_place(Context& context, std::size_t index) {
  const std::optional<double> longitude = parse_double(context.argument(index));
  const std::optional<double> latitude = longitude ? parse_double(context.argument(index + 1)) : std::nullopt;
  if (!latitude) return context.reply.not_a_float(), std::nullopt;
  const Place place{*longitude, *latitude};
  if (is_on_map(place)) return place;
  context.reply.error(
      fmt::format("ERR invalid longitude,latitude pair {:.6f},{:.6f}", place.longitude, place.latitude));
  return {};
}

bool parse_radius(Context& context, std::size_t index, Search& search) {
  const std::optional<double> radius = parse_double(context.argument(index));
  if (!radius) return refuse(context, "ERR need numeric radius");
  if (*radius < 0) return refuse(context, "ERR radius cannot be negative");
  const std::optional<double> unit = parse_unit(context, index + 1);
  if (!unit) return false;
  search.unit = *unit;
  search.area.radius = *radius * *unit;
  return true;
}

bool parse_box(Context& context, std::size_t index, Search& search) {
  const std::optional<double> width = parse_double(context.argument(index));
  if (!width) return refuse(context, "ERR need numeric width");
  const std::optional<double> height = parse_double(context.argument(index + 1));
  if (!height) return refuse(context, "ERR need numeric height");
  if (*width < 0 || *height < 0) return refuse(context, "ERR height or width cannot be negative");
  const std::optional<double> unit = parse_unit(context, index + 2);
  if (!unit) return false;
  search.unit = *unit;
  search.area.is_box = true;
  search.area.width = *width * *unit;
  search.area.height = *height * *unit;
  return true;
}

/// The centre is where the member is; without the set there is nothing to be found anyway.
bool centre_on(Context& context, const SortedSet* set, std::string_view name, Search& search) {
  if (set == nullptr) return true;
  const SortedSet::Member* member = find_member(set, name);
  if (member == nullptr) return refuse(context, "ERR could not decode requested zset member");
  search.area.centre = place_of(member->score);
  return true;
}

/// Options of GEOSEARCH that say where; how many arguments were taken, 0: none of them, or an error was answered.
std::size_t parse_where(Context& context, std::size_t index, const SortedSet* set, Search& search, bool& failed) {
  const std::size_t more = context.argument_count() - index - 1;
  std::size_t taken = 0;
  if (more >= 1 && context.argument_is(index, "frommember") && !search.from_place) {
    failed = !centre_on(context, set, context.argument(index + 1), search);
    search.from_member = true;
    taken = 2;
  } else if (more >= 2 && context.argument_is(index, "fromlonlat") && !search.from_member) {
    const std::optional<Place> place = parse_place(context, index + 1);
    failed = !place;
    if (place) search.area.centre = *place;
    search.from_place = true;
    taken = 3;
  } else if (more >= 2 && context.argument_is(index, "byradius") && !search.area.is_box) {
    failed = !parse_radius(context, index + 1, search);
    search.by_radius = true;
    taken = 3;
  } else if (more >= 3 && context.argument_is(index, "bybox") && !search.by_radius) {
    failed = !parse_box(context, index + 1, search);
    taken = 4;
  }
  return failed ? 0 : taken;
}

/// Options of all forms that say how; likewise.
std::size_t parse_how(Context& context, std::size_t index, Search& search, bool& failed) {
  if (context.argument_is(index, "withdist")) search.with_distance = true;
  else if (context.argument_is(index, "withhash")) search.with_hash = true;
  else if (context.argument_is(index, "withcoord")) search.with_place = true;
  else if (context.argument_is(index, "any")) search.any = true;
  else if (context.argument_is(index, "asc")) search.order = Order::ascending;
  else if (context.argument_is(index, "desc")) search.order = Order::descending;
  else if (context.argument_is(index, "count") && index + 1 < context.argument_count()) {
    const std::optional<std::int64_t> count = context.integer(index + 1);
    failed = !count || *count <= 0;
    if (count && *count <= 0) context.reply.error("ERR COUNT must be > 0");
    search.count = count.value_or(0);
    return failed ? 0 : 2;
  } else {
    return 0;
  }
  return 1;
}

/// STORE and STOREDIST of the older forms, STOREDIST of GEOSEARCHSTORE.
std::size_t parse_store(Context& context, std::size_t index, Search& search) {
  const std::string_view name = context.command.name;
  const bool distance = context.argument_is(index, "storedist");
  if (name == "geosearchstore" && distance) {
    search.store_distance = true;
    return 1;
  }
  const bool stores = name == "georadius" || name == "georadiusbymember";
  if (!stores || index + 1 >= context.argument_count() || (!distance && !context.argument_is(index, "store"))) return 0;
  search.store = context.argument(index + 1);
  search.store_distance = distance;
  return 2;
}

/// False once an error has been answered.
bool parse_options(Context& context, std::size_t index, const SortedSet* set, Search& search) {
  const bool searches = context.command.name.starts_with("geosearch");
  while (index < context.argument_count()) {
    bool failed = false;
    std::size_t taken = parse_how(context, index, search, failed);
    if (taken == 0 && !failed) taken = parse_store(context, index, search);
    if (taken == 0 && !failed && searches) taken = parse_where(context, index, set, search, failed);
    if (failed) return false;
    if (taken == 0) return context.reply.syntax_error(), false;
    index += taken;
  }
  if (search.store && (search.with_distance || search.with_hash || search.with_place))
    return refuse(context, fmt::format("ERR {} is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                                       searches ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS"));
  if (searches && !search.from_member && !search.from_place)
    return refuse(context, fmt::format("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {}",
                                       context.argument(0)));
  if (searches && !search.by_radius && !search.area.is_box)
    return refuse(context, fmt::format("ERR exactly one of BYRADIUS and BYBOX can be specified for {}",
                                       context.argument(0)));
  if (search.any && search.count == 0) return refuse(context, "ERR the ANY argument requires COUNT argument");
  return true;
}

std::vector<Found> find_all(const SortedSet* set, const Search& search) {
  std::vector<Found> found;
  for (std::size_t rank = 0; set != nullptr && rank < set->members.size(); ++rank) {
    const SortedSet::Member& member = set->members[rank];
    if (!is_of_a_place(member.score)) continue;
    if (const std::optional<double> distance = search.area.distance_within(place_of(member.score)))
      found.push_back({member, *distance});
    if (search.any && found.size() == static_cast<std::uint64_t>(search.count)) break;
  }
  const bool nearest = search.order == Order::none && search.count != 0 && !search.any;
  if (nearest || search.order != Order::none)
    std::stable_sort(found.begin(), found.end(), [&](const Found& left, const Found& right) {
      return search.order == Order::descending ? left.distance > right.distance : left.distance < right.distance;
    });
  if (search.count != 0 && found.size() > static_cast<std::uint64_t>(search.count))
    found.resize(static_cast<std::size_t>(search.count));
  return found;
}

void reply_place(Context& context, const Place& place) {
  context.reply.array(2);
  context.reply.human(static_cast<long double>(place.longitude));
  context.reply.human(static_cast<long double>(place.latitude));
}

void reply_found(Context& context, const Search& search, const std::vector<Found>& found) {
  const int details = (search.with_distance ? 1 : 0) + (search.with_hash ? 1 : 0) + (search.with_place ? 1 : 0);
  context.reply.array(found.size());
  for (const Found& each : found) {
    if (details != 0) context.reply.array(static_cast<std::size_t>(details) + 1);
    context.reply.bulk(each.member.name);
    if (search.with_distance) context.reply.bulk(fmt::format("{:.4f}", each.distance / search.unit));
    if (search.with_hash) context.reply.integer(static_cast<std::int64_t>(each.member.score));
    if (search.with_place) reply_place(context, place_of(each.member.score));
  }
}

void finish(Context& context, const Search& search, const std::vector<Found>& found) {
  if (!search.store) return reply_found(context, search, found);
  SortedSet result;
  for (const Found& each : found)
    result.insert(search.store_distance ? each.distance / search.unit : each.member.score, each.member.name);
  context.put_or_erase(*search.store, std::move(result));
  context.reply.integer(static_cast<std::int64_t>(found.size()));
}

/// What is read for each member that is named.
template <class Tell>
void tell_members(Context& context, Tell tell) {
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  context.reply.array(context.argument_count() - 2);
  for (const std::string_view name : context.arguments.subspan(2)) tell(find_member(found.value, name));
}

}  // namespace

void geoadd(Context& context) {
  std::size_t first = 2;
  bool if_absent = false;
  bool if_present = false;
  for (; first < context.argument_count(); ++first) {
    if (context.argument_is(first, "nx")) if_absent = true;
    else if (context.argument_is(first, "xx")) if_present = true;
    else if (!context.argument_is(first, "ch")) break;
  }
  if ((context.argument_count() - first) % 3 != 0 || (if_absent && if_present)) return context.reply.syntax_error();
  std::vector<std::string> scores;
  for (std::size_t index = first; index < context.argument_count(); index += 3) {
    const std::optional<Place> place = parse_place(context, index);
    if (!place) return;
    scores.push_back(to_text(score_of(*place)));
  }
  std::vector<std::string_view> words{"zadd"};
  const Arguments options = context.arguments.subspan(1, first - 1);
  words.insert(words.end(), options.begin(), options.end());
  for (std::size_t number = 0; number < scores.size(); ++number)
    words.insert(words.end(), {scores[number], context.argument(first + 3 * number + 2)});
  Context adding{context.node, context.session, *find_by_name("zadd"), words};
  adding.reply = context.reply;
  zadd(adding);
}

void geodist(Context& context) {
  if (context.argument_count() > 5) return context.reply.syntax_error();
  const std::optional<double> unit = context.argument_count() == 5 ? parse_unit(context, 4) : 1;
  if (!unit) return;
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  const SortedSet::Member* from = find_member(found.value, context.argument(2));
  const SortedSet::Member* to = find_member(found.value, context.argument(3));
  if (from == nullptr || to == nullptr) return context.reply.null();
  const double distance = distance_in_metres(place_of(from->score), place_of(to->score));
  context.reply.bulk(fmt::format("{:.4f}", distance / *unit));
}

void geohash(Context& context) {
  tell_members(context, [&](const SortedSet::Member* member) {
    if (member != nullptr) context.reply.bulk(geohash_of(place_of(member->score)));
    else context.reply.null();
  });
}

void geopos(Context& context) {
  tell_members(context, [&](const SortedSet::Member* member) {
    if (member != nullptr) reply_place(context, place_of(member->score));
    else context.reply.null_array();
  });
}

void geosearch(Context& context) {
  const bool stores = context.command.name == "geosearchstore";
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(stores ? 2 : 1));
  if (found.refused) return;
  Search search;
  if (stores) search.store = context.argument(1);
  if (parse_options(context, stores ? 3 : 2, found.value, search))
    finish(context, search, find_all(found.value, search));
}

void georadius(Context& context) {
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  Search search;
  const bool by_member = context.command.name.starts_with("georadiusbymember");
  if (by_member) {
    if (!centre_on(context, found.value, context.argument(2), search)) return;
    if (found && !parse_radius(context, 3, search)) return;
  } else {
    const std::optional<Place> place = parse_place(context, 2);
    if (!place) return;
    search.area.centre = *place;
    if (!parse_radius(context, 4, search)) return;
  }
  if (parse_options(context, by_member ? 5 : 6, found.value, search))
    finish(context, search, find_all(found.value, search));
}

}  // namespace trackside::sim::redis::commands
