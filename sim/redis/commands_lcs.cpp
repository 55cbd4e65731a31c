// LCS: the longest common subsequence of two strings, its length, or where its pieces stand.
//
// Of several longest ones it is that which the real server's table yields when walked back from both ends, preferring
// to shorten the first string unless the other way keeps more.
#include <algorithm>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct LcsRequest {
  bool length = false;
  bool places = false;
  bool with_lengths = false;
  std::int64_t length_min = 0;
};

/// Both ends inclusive.
struct Piece {
  std::size_t first_begin;
  std::size_t first_end;
  std::size_t second_begin;
  std::size_t second_end;

  std::size_t length() const { return first_end - first_begin + 1; }
};

/// False once an error has been answered.
bool parse(Context& context, LcsRequest& request) {
  for (std::size_t index = 3; index < context.argument_count(); ++index) {
    if (context.argument_is(index, "idx")) request.places = true;
    else if (context.argument_is(index, "len")) request.length = true;
    else if (context.argument_is(index, "withmatchlen")) request.with_lengths = true;
    else if (context.argument_is(index, "minmatchlen") && index + 1 < context.argument_count()) {
      const std::optional<std::int64_t> least = context.integer(++index);
      if (!least) return false;
      request.length_min = std::max<std::int64_t>(*least, 0);
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  if (!request.length || !request.places) return true;
  context.reply.error("ERR If you want both the length and indexes, please just use IDX.");
  return false;
}

/// Lengths of the common subsequences of all pairs of prefixes.
class LengthTable {
 public:
  LengthTable(std::string_view first, std::string_view second)
      : width_(second.size() + 1), lengths_((first.size() + 1) * width_) {
    for (std::size_t row = 1; row <= first.size(); ++row)
      for (std::size_t column = 1; column <= second.size(); ++column)
        lengths_[row * width_ + column] = first[row - 1] == second[column - 1]
                                              ? at(row - 1, column - 1) + 1
                                              : std::max(at(row - 1, column), at(row, column - 1));
  }
  std::size_t at(std::size_t row, std::size_t column) const { return lengths_[row * width_ + column]; }

 private:
  std::size_t width_;
  std::vector<std::size_t> lengths_;
};

/// The stretches of the sequence that stand together in both strings, the last first.
std::vector<Piece> pieces_of(std::string_view first, std::string_view second, const LengthTable& lengths) {
  std::vector<Piece> pieces;
  bool open = false;
  for (std::size_t row = first.size(), column = second.size(); row > 0 && column > 0;) {
    if (first[row - 1] == second[column - 1]) {
      --row, --column;
      if (open && pieces.back().first_begin == row + 1 && pieces.back().second_begin == column + 1) {
        pieces.back().first_begin = row;
        pieces.back().second_begin = column;
      } else {
        pieces.push_back({row, row, column, column});
        open = true;
      }
    } else if (lengths.at(row - 1, column) > lengths.at(row, column - 1)) {
      --row;
      open = false;
    } else {
      --column;
      open = false;
    }
  }
  return pieces;
}

void reply_places(Context& context, const LcsRequest& request, std::vector<Piece> pieces, std::size_t length) {
  std::erase_if(pieces, [&](const Piece& piece) {
    return piece.length() < static_cast<std::uint64_t>(request.length_min);
  });
  Reply& reply = context.reply;
  reply.map(2);
  reply.bulk("matches");
  reply.array(pieces.size());
  for (const Piece& piece : pieces) {
    reply.array(request.with_lengths ? 3 : 2);
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(piece.first_begin));
    reply.integer(static_cast<std::int64_t>(piece.first_end));
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(piece.second_begin));
    reply.integer(static_cast<std::int64_t>(piece.second_end));
    if (request.with_lengths) reply.integer(static_cast<std::int64_t>(piece.length()));
  }
  reply.bulk("len");
  reply.integer(static_cast<std::int64_t>(length));
}

/// The string under the key, empty if absent; nothing if it is something else.
std::optional<std::string> text_of(Context& context, std::string_view key) {
  const Keyspace::Item item = context.lookup(key);
  if (!item) return std::string{};
  const auto* text = std::get_if<String>(&item->value->content);
  return text != nullptr ? std::optional{*text} : std::nullopt;
}

}  // namespace

void lcs(Context& context) {
  const std::optional<std::string> first = text_of(context, context.argument(1));
  const std::optional<std::string> second = text_of(context, context.argument(2));
  if (!first || !second) return context.reply.error("ERR The specified keys must contain string values");
  LcsRequest request;
  if (!parse(context, request)) return;
  const LengthTable lengths{*first, *second};
  const std::size_t length = lengths.at(first->size(), second->size());
  if (request.length) return context.reply.integer(static_cast<std::int64_t>(length));
  std::vector<Piece> pieces = pieces_of(*first, *second, lengths);
  if (request.places) return reply_places(context, request, std::move(pieces), length);
  std::string sequence;
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece)
    sequence += first->substr(piece->first_begin, piece->length());
  context.reply.bulk(sequence);
}

}  // namespace trackside::sim::redis::commands
