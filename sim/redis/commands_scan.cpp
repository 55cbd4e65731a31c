// HSCAN, SSCAN, ZSCAN: everything at once, as the real server does it for small values.
#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// The pattern that MATCH names; nothing if the options are wrong, which has been answered.
std::optional<std::string_view> pattern_in(Context& context) {
  std::string_view pattern = "*";
  for (std::size_t index = 3; index < context.argument_count(); index += 2) {
    if (index + 1 >= context.argument_count())
      return context.reply.syntax_error(), std::nullopt;
    if (context.argument_is(index, "count")) {
      const std::optional<std::int64_t> count = context.integer(index + 1);
      if (!count)
        return {};
      if (*count < 1)
        return context.reply.syntax_error(), std::nullopt;
    } else if (context.argument_is(index, "match")) {
      pattern = context.argument(index + 1);
    } else {
      return context.reply.syntax_error(), std::nullopt;
    }
  }
  return pattern;
}

/// `words_of` gives what is told of the value, `width` words for each of its elements, the name first.
template <class T, class Words>
void scan_value(Context& context, std::size_t width, Words words_of) {
  if (!is_cursor(context.argument(2)))
    return context.reply.error("ERR invalid cursor");
  const Typed<T> found = context.typed<T>(context.argument(1));
  if (found.refused)
    return;
  std::vector<std::string> told;
  if (found) {
    const std::optional<std::string_view> pattern = pattern_in(context);
    if (!pattern)
      return;
    const std::vector<std::string> words = words_of(*found);
    for (std::size_t index = 0; index < words.size(); index += width)
      if (glob_match(*pattern, words[index]))
        for (std::size_t part = 0; part < width; ++part)
          told.push_back(words[index + part]);
  }
  context.reply.array(2);
  context.reply.bulk("0");
  context.reply.array(told.size());
  for (const std::string& word : told)
    context.reply.bulk(word);
}

}  // namespace

void hscan(Context& context) {
  scan_value<Hash>(context, 2, [](const Hash& hash) {
    std::vector<std::string> words;
    for (const Hash::Field& field : hash.fields)
      words.insert(words.end(), {field.name, field.value});
    return words;
  });
}

void sscan(Context& context) {
  scan_value<Set>(context, 1, [](const Set& set) { return set.members; });
}

void zscan(Context& context) {
  scan_value<SortedSet>(context, 2, [](const SortedSet& set) {
    std::vector<std::string> words;
    for (const SortedSet::Member& member : set.members)
      words.insert(words.end(), {member.name, to_text(member.score)});
    return words;
  });
}

}  // namespace trackside::sim::redis::commands
