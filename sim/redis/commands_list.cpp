// Lists: pushing, popping, reading and editing.
//
// LTRIM and LSET count as changes even when the list stays the same; removals that hit nothing do not.
#include <algorithm>
#include <limits>

#include "sim/redis/commands.hpp"
#include "sim/redis/list_ends.hpp"

namespace trackside::sim::redis {

std::string take(List& list, End end) {
  std::deque<std::string>& items = list.items;
  std::string element = end == End::left ? std::move(items.front()) : std::move(items.back());
  if (end == End::left) items.pop_front();
  else items.pop_back();
  return element;
}

bool parse_end(std::string_view text, End& end) {
  end = is_word(text, "left") ? End::left : End::right;
  return is_word(text, "left") || is_word(text, "right");
}

void move_element(Context& context, Typed<List>& source, End from_end, End to_end) {
  const std::string_view from = context.argument(1);
  const std::string_view to = context.argument(2);
  Typed<List> destination = context.typed<List>(to);
  if (destination.refused) return;
  const std::string element = take(context.writable(source, from), from_end);
  Typed<List>& target = from == to ? source : destination;
  std::deque<std::string>& items = context.writable(target, to).items;
  if (to_end == End::left) items.push_front(element);
  else items.push_back(element);
  if (source->empty()) context.erase(source.item);
  context.changed(to);
  context.reply.bulk(element);
  if (from != to) context.changed(from);
}

std::optional<PopRequest> parse_pop(Context& context, std::size_t count_index, std::string_view low_word,
                                    std::string_view high_word) {
  const std::optional<std::int64_t> keys = context.integer(count_index, 1, "ERR numkeys should be greater than 0");
  if (!keys) return {};
  const std::size_t behind = context.argument_count() - count_index - 1;
  const auto given = static_cast<std::uint64_t>(*keys);
  const std::size_t end_index = count_index + 1 + given;
  if (given >= behind || (!context.argument_is(end_index, low_word) && !context.argument_is(end_index, high_word)))
    return context.reply.syntax_error(), std::nullopt;
  PopRequest request{context.arguments.subspan(count_index + 1, given), end_index};
  if (end_index + 1 == context.argument_count()) return request;
  if (!context.argument_is(end_index + 1, "count") || end_index + 2 >= context.argument_count())
    return context.reply.syntax_error(), std::nullopt;
  const std::optional<std::int64_t> count = context.integer(end_index + 2, 1, "ERR count should be greater than 0");
  if (!count) return {};
  if (end_index + 3 != context.argument_count()) return context.reply.syntax_error(), std::nullopt;
  request.count = *count;
  return request;
}

namespace commands {
namespace {

using Items = std::deque<std::string>;

enum class IfAbsent { create, nothing };

void push(Context& context, End end, IfAbsent if_absent) {
  const std::string_view key = context.argument(1);
  Typed<List> found = context.typed<List>(key);
  if (found.refused) return;
  if (!found && if_absent == IfAbsent::nothing) return context.reply.integer(0);
  Items& items = context.writable(found, key).items;
  for (const std::string_view element : context.arguments.subspan(2)) {
    if (end == End::left) items.emplace_front(element);
    else items.emplace_back(element);
  }
  context.reply.integer(static_cast<std::int64_t>(items.size()));
  context.changed(key);
}

void pop(Context& context, End end) {
  if (context.argument_count() > 3) return context.reply.error(arity_error(context.command));
  const std::string_view key = context.argument(1);
  const bool counted = context.argument_count() == 3;
  const std::optional<std::int64_t> count = counted ? parse_integer(context.argument(2)) : 1;
  if (!count || *count < 0) return context.reply.error("ERR value is out of range, must be positive");
  Typed<List> found = context.typed<List>(key);
  if (found.refused) return;
  if (!found) return counted ? context.reply.null_array() : context.reply.null();
  const auto taken = static_cast<std::size_t>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(*count), found->items.size()));
  if (counted) context.reply.array(taken);
  if (taken == 0) return;
  List& list = context.writable(found, key);
  for (std::size_t index = 0; index < taken; ++index) context.reply.bulk(take(list, end));
  context.shrunk(found, key);
}

struct Range {
  std::int64_t first;
  std::int64_t last;  // inclusive; before `first`: empty
};

/// Negative indexes count from the end; the result lies within the list.
Range clamp(std::int64_t first, std::int64_t last, std::size_t count) {
  const auto length = static_cast<std::int64_t>(count);
  return {std::max<std::int64_t>(first < 0 ? first + length : first, 0),
          std::min(last < 0 ? last + length : last, length - 1)};
}

std::optional<Range> range_arguments(Context& context) {
  const std::optional<std::int64_t> first = context.integer(2);
  if (!first) return {};
  const std::optional<std::int64_t> last = context.integer(3);
  if (!last) return {};
  return Range{*first, *last};
}

struct PositionOptions {
  std::int64_t rank = 1;
  std::optional<std::int64_t> count{};
  std::int64_t compared_max = 0;  // 0: all
};

/// Of LPOS; false once an error has been answered.
bool parse(Context& context, PositionOptions& options) {
  for (std::size_t index = 3; index < context.argument_count(); index += 2) {
    if (index + 1 >= context.argument_count()) {
      context.reply.syntax_error();
      return false;
    }
    std::optional<std::int64_t> number;
    if (context.argument_is(index, "rank")) {
      number = context.integer(index + 1);
      if (number && *number == 0) {
        context.reply.error(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to "
            "start from the end of the list");
        return false;
      }
      options.rank = number.value_or(1);
    } else if (context.argument_is(index, "count")) {
      number = context.integer(index + 1, 0, "ERR COUNT can't be negative");
      options.count = number;
    } else if (context.argument_is(index, "maxlen")) {
      number = context.integer(index + 1, 0, "ERR MAXLEN can't be negative");
      options.compared_max = number.value_or(0);
    } else {
      context.reply.syntax_error();
    }
    if (!number) return false;
  }
  return true;
}

/// Where the element stands, in the order in which it is met.
std::vector<std::size_t> positions(const Items& items, std::string_view element, const PositionOptions& options) {
  const std::uint64_t wanted = options.count ? static_cast<std::uint64_t>(*options.count) : 1;
  const bool backwards = options.rank < 0;
  // The least number has no opposite: it skips nothing.
  const bool least = options.rank == std::numeric_limits<std::int64_t>::min();
  std::int64_t to_skip = least ? 0 : (backwards ? -options.rank : options.rank) - 1;
  std::size_t steps = items.size();
  if (options.compared_max != 0)
    steps = std::min<std::uint64_t>(steps, static_cast<std::uint64_t>(options.compared_max));
  std::vector<std::size_t> found;
  for (std::size_t step = 0; step < steps; ++step) {
    const std::size_t index = backwards ? items.size() - 1 - step : step;
    if (items[index] != element || to_skip-- > 0) continue;
    found.push_back(index);
    if (found.size() == wanted) break;
  }
  return found;
}

}  // namespace

void lpush(Context& context) { push(context, End::left, IfAbsent::create); }
void rpush(Context& context) { push(context, End::right, IfAbsent::create); }
void lpushx(Context& context) { push(context, End::left, IfAbsent::nothing); }
void rpushx(Context& context) { push(context, End::right, IfAbsent::nothing); }
void lpop(Context& context) { pop(context, End::left); }
void rpop(Context& context) { pop(context, End::right); }

void lrange(Context& context) {
  const std::optional<Range> wanted = range_arguments(context);
  if (!wanted) return;
  const Typed<List> found = context.typed<List>(context.argument(1));
  if (found.refused) return;
  const Range range = clamp(wanted->first, wanted->last, found ? found->items.size() : 0);
  if (range.first > range.last) return context.reply.array(0);
  context.reply.array(static_cast<std::size_t>(range.last - range.first + 1));
  for (std::int64_t index = range.first; index <= range.last; ++index)
    context.reply.bulk(found->items[static_cast<std::size_t>(index)]);
}

void llen(Context& context) {
  const Typed<List> found = context.typed<List>(context.argument(1));
  if (!found.refused) context.reply.integer(found ? static_cast<std::int64_t>(found->items.size()) : 0);
}

void lindex(Context& context) {
  const Typed<List> found = context.typed<List>(context.argument(1));
  if (found.refused) return;
  if (!found) return context.reply.null();
  const std::optional<std::int64_t> given = context.integer(2);
  if (!given) return;
  const auto length = static_cast<std::int64_t>(found->items.size());
  const std::int64_t index = *given < 0 ? *given + length : *given;
  if (index < 0 || index >= length) return context.reply.null();
  context.reply.bulk(found->items[static_cast<std::size_t>(index)]);
}

void lset(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<List> found = context.typed<List>(key);
  if (found.refused) return;
  if (!found) return context.reply.error("ERR no such key");
  const std::optional<std::int64_t> given = context.integer(2);
  if (!given) return;
  const auto length = static_cast<std::int64_t>(found->items.size());
  const std::int64_t index = *given < 0 ? *given + length : *given;
  if (index < 0 || index >= length) return context.reply.error("ERR index out of range");
  context.writable(found, key).items[static_cast<std::size_t>(index)] = context.argument(3);
  context.reply.ok();
  context.changed(key);
}

void lrem(Context& context) {
  const std::string_view key = context.argument(1);
  const std::string_view element = context.argument(3);
  const std::optional<std::int64_t> count = context.integer(2);
  if (!count) return;
  Typed<List> found = context.typed<List>(key);
  if (found.refused) return;
  const std::uint64_t limit = *count == 0 ? ~std::uint64_t{0}
                              : *count < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(*count)
                                           : static_cast<std::uint64_t>(*count);
  if (!found || std::find(found->items.begin(), found->items.end(), element) == found->items.end())
    return context.reply.integer(0);
  Items& items = context.writable(found, key).items;
  std::uint64_t removed = 0;
  const auto unwanted = [&](const std::string& item) {
    if (item != element || removed == limit) return false;
    ++removed;
    return true;
  };
  if (*count >= 0) items.erase(std::remove_if(items.begin(), items.end(), unwanted), items.end());
  else items.erase(items.begin(), std::remove_if(items.rbegin(), items.rend(), unwanted).base());
  context.shrunk(found, key);
  context.reply.integer(static_cast<std::int64_t>(removed));
}

void ltrim(Context& context) {
  const std::string_view key = context.argument(1);
  const std::optional<Range> wanted = range_arguments(context);
  if (!wanted) return;
  Typed<List> found = context.typed<List>(key);
  if (found.refused) return;
  if (!found) return context.reply.ok();
  Items& items = context.writable(found, key).items;
  const Range range = clamp(wanted->first, wanted->last, items.size());
  if (range.first > range.last) {
    items.clear();
  } else {
    items.erase(items.begin() + range.last + 1, items.end());
    items.erase(items.begin(), items.begin() + range.first);
  }
  context.shrunk(found, key);
  context.reply.ok();
}

void linsert(Context& context) {
  const bool after = context.argument_is(2, "after");
  if (!after && !context.argument_is(2, "before")) return context.reply.syntax_error();
  const std::string_view key = context.argument(1);
  Typed<List> found = context.typed<List>(key);
  if (found.refused) return;
  if (!found) return context.reply.integer(0);
  const auto pivot = std::find(found->items.begin(), found->items.end(), context.argument(3)) - found->items.begin();
  if (static_cast<std::size_t>(pivot) == found->items.size()) return context.reply.integer(-1);
  Items& items = context.writable(found, key).items;
  items.emplace(items.begin() + pivot + (after ? 1 : 0), context.argument(4));
  const std::size_t length = items.size();
  context.changed(key);
  context.reply.integer(static_cast<std::int64_t>(length));
}

void lpos(Context& context) {
  PositionOptions options;
  if (!parse(context, options)) return;
  const Typed<List> found = context.typed<List>(context.argument(1));
  if (found.refused) return;
  const std::vector<std::size_t> places =
      found ? positions(found->items, context.argument(2), options) : std::vector<std::size_t>{};
  if (!options.count && places.empty()) return context.reply.null();
  if (options.count) context.reply.array(places.size());
  for (const std::size_t place : places) context.reply.integer(static_cast<std::int64_t>(place));
}

void lmove(Context& context) {
  End from = End::right;
  End to = End::left;
  const bool named = context.command.name == "lmove";
  if (named && (!parse_end(context.argument(3), from) || !parse_end(context.argument(4), to)))
    return context.reply.syntax_error();
  Typed<List> source = context.typed<List>(context.argument(1));
  if (source.refused) return;
  if (!source) return context.reply.null();
  move_element(context, source, from, to);
}

}  // namespace commands
}  // namespace trackside::sim::redis
