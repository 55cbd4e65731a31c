// SORT and SORT_RO: the elements of a list, set or sorted set in order of themselves or of what other keys hold,
// answered or stored.
//
// Texts are compared byte by byte, as the real server does in the C locale.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct SortRequest {
  bool descending = false;
  bool alpha = false;
  bool keep_order = false;  // BY a pattern without a star
  std::int64_t first = 0;
  std::int64_t count = -1;
  std::optional<std::string_view> by{};
  std::vector<std::string_view> get{};
  std::optional<std::string_view> store{};
};

struct Sorted {
  std::string element;
  double weight = 0;
  std::optional<std::string> text{};
};

bool denied_in_cluster(Context& context, std::string_view error) {
  if (context.node.cluster == nullptr) return false;
  context.reply.error(error);
  return true;
}

/// One option; how many arguments it took, 0 once an error has been answered.
std::size_t parse_option(Context& context, std::size_t index, SortRequest& request) {
  const std::size_t more = context.argument_count() - index - 1;
  if (context.argument_is(index, "asc") || context.argument_is(index, "desc")) {
    request.descending = context.argument_is(index, "desc");
    return 1;
  }
  if (context.argument_is(index, "alpha")) {
    request.alpha = true;
    return 1;
  }
  if (context.argument_is(index, "limit") && more >= 2) {
    const std::optional<std::int64_t> first = context.integer(index + 1);
    const std::optional<std::int64_t> count = first ? context.integer(index + 2) : std::nullopt;
    if (!count) return 0;
    request.first = *first;
    request.count = *count;
    return 3;
  }
  if (context.command.name == "sort" && context.argument_is(index, "store") && more >= 1) {
    request.store = context.argument(index + 1);
    return 2;
  }
  if (context.argument_is(index, "by") && more >= 1) {
    request.by = context.argument(index + 1);
    const bool constant = request.by->find('*') == std::string_view::npos;
    request.keep_order = request.keep_order || constant;
    return !constant && denied_in_cluster(context, "ERR BY option of SORT denied in Cluster mode.") ? 0 : 2;
  }
  if (context.argument_is(index, "get") && more >= 1) {
    request.get.push_back(context.argument(index + 1));
    return denied_in_cluster(context, "ERR GET option of SORT denied in Cluster mode.") ? 0 : 2;
  }
  context.reply.syntax_error();
  return 0;
}

/// The elements as they are kept; nothing once WRONGTYPE has been answered.
std::optional<std::vector<Sorted>> elements_of(Context& context, std::string_view key) {
  std::vector<Sorted> elements;
  const Keyspace::Item item = context.lookup(key);
  if (!item) return elements;
  const auto add = [&](const auto& names) {
    for (const std::string& name : names) elements.push_back({name});
  };
  if (const auto* list = std::get_if<List>(&item->value->content)) add(list->items);
  else if (const auto* set = std::get_if<Set>(&item->value->content)) add(set->members);
  else if (const auto* sorted = std::get_if<SortedSet>(&item->value->content))
    for (const SortedSet::Member& member : sorted->members) elements.push_back({member.name});
  else return context.reply.wrong_type(), std::nullopt;
  return elements;
}

/// What BY or GET finds for an element: the element itself for "#", else a string or, behind "->", a hash's field.
std::optional<std::string> pointed_at(Context& context, std::string_view pattern, const std::string& element) {
  if (pattern == "#") return element;
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return {};
  const std::size_t arrow = pattern.find("->", star + 1);
  const bool in_hash = arrow != std::string_view::npos && arrow + 2 < pattern.size();
  std::string key{pattern.substr(0, star)};
  key += element;
  key += pattern.substr(star + 1, (in_hash ? arrow : pattern.size()) - star - 1);
  const Keyspace::Item item = context.lookup(key);
  if (!item) return {};
  if (in_hash) {
    const auto* hash = std::get_if<Hash>(&item->value->content);
    const Hash::Field* field = hash != nullptr ? hash->find(pattern.substr(arrow + 2)) : nullptr;
    return field != nullptr ? std::optional{field->value} : std::nullopt;
  }
  const auto* text = std::get_if<String>(&item->value->content);
  return text != nullptr ? std::optional{*text} : std::nullopt;
}

/// False if a weight is no number.
bool weigh(Context& context, const SortRequest& request, std::vector<Sorted>& elements) {
  bool all_numbers = true;
  for (Sorted& element : elements) {
    const std::optional<std::string> by =
        request.by ? pointed_at(context, *request.by, element.element) : std::optional{element.element};
    if (!by) continue;
    element.text = by;
    if (request.alpha) continue;
    char* end = nullptr;
    element.weight = std::strtod(by->c_str(), &end);
    all_numbers = all_numbers && *end == '\0' && !std::isnan(element.weight);
  }
  return all_numbers;
}

void sort_elements(const SortRequest& request, std::vector<Sorted>& elements) {
  const auto before = [&](const Sorted& left, const Sorted& right) {
    if (request.alpha) return left.text < right.text;
    return left.weight != right.weight ? left.weight < right.weight : left.element < right.element;
  };
  std::stable_sort(elements.begin(), elements.end(), [&](const Sorted& left, const Sorted& right) {
    return request.descending ? before(right, left) : before(left, right);
  });
}

/// Only those that LIMIT leaves.
void cut(const SortRequest& request, std::vector<Sorted>& elements) {
  const auto size = static_cast<std::int64_t>(elements.size());
  const std::int64_t first = std::clamp<std::int64_t>(request.first, 0, size);
  const std::int64_t count = request.count < 0 ? size - first : std::min(request.count, size - first);
  elements.erase(elements.begin() + first + count, elements.end());
  elements.erase(elements.begin(), elements.begin() + first);
}

std::vector<std::optional<std::string>> result_of(Context& context, const SortRequest& request,
                                                  const std::vector<Sorted>& elements) {
  std::vector<std::optional<std::string>> result;
  for (const Sorted& element : elements) {
    if (request.get.empty()) result.emplace_back(element.element);
    for (const std::string_view pattern : request.get) result.push_back(pointed_at(context, pattern, element.element));
  }
  return result;
}

void finish(Context& context, const SortRequest& request, std::vector<std::optional<std::string>> result) {
  if (!request.store) {
    context.reply.array(result.size());
    for (const std::optional<std::string>& text : result) {
      if (text) context.reply.bulk(*text);
      else context.reply.null();
    }
    return;
  }
  List list;
  for (std::optional<std::string>& text : result) list.items.push_back(std::move(text).value_or(std::string{}));
  context.put_or_erase(*request.store, std::move(list));
  context.reply.integer(static_cast<std::int64_t>(result.size()));
}

}  // namespace

void sort(Context& context) {
  SortRequest request;
  for (std::size_t index = 2; index < context.argument_count();) {
    const std::size_t taken = parse_option(context, index, request);
    if (taken == 0) return;
    index += taken;
  }
  std::optional<std::vector<Sorted>> elements = elements_of(context, context.argument(1));
  if (!elements) return;
  const Keyspace::Item item = context.lookup(context.argument(1));
  const bool is_set = item && std::holds_alternative<Set>(item->value->content);
  // A set has no order of its own that another server would store, too.
  if (request.keep_order && is_set && request.store) {
    request.keep_order = false;
    request.alpha = true;
    request.by.reset();
  }
  if (!request.keep_order) {
    if (!weigh(context, request, *elements))
      return context.reply.error("ERR One or more scores can't be converted into double");
    sort_elements(request, *elements);
  } else if (request.descending && !is_set) {
    std::reverse(elements->begin(), elements->end());
  }
  cut(request, *elements);
  finish(context, request, result_of(context, request, *elements));
}

}  // namespace trackside::sim::redis::commands
