#include "properties/testing/timeline/lane_picture.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "properties/testing/timeline/html_text.hpp"
#include "properties/testing/timeline/short_text.hpp"

namespace trackside::testing {
namespace {

constexpr int left = 78;  // of the first column; lane names stand before it
constexpr int width = 660;
constexpr int lane_height = 88;
constexpr int top = 44;
constexpr int bar_below = 12;  // a bar's upper edge, below its lane
constexpr int bar_height = 11;
constexpr std::size_t text_max = 28;
constexpr int step_width = 18;
constexpr int character_width = 7;
constexpr std::size_t columns_max = 36;
constexpr int words_before_the_kind = 6;  // as a scenario has it: "fault 2 at 1.5 for 0.3 freeze_server"

const char* class_of(Timeline::Message::Kind kind) {
  switch (kind) {
    case Timeline::Message::Kind::command: return "command";
    case Timeline::Message::Kind::reply: return "reply";
    case Timeline::Message::Kind::push: return "push";
  }
  return "";
}

class LanePicture {
 public:
  explicit LanePicture(const Timeline& timeline) : timeline_(timeline), breach_(*timeline.breach) {
    choose_keys();
    choose_what_is_shown();
    place();
  }

  std::string text() {
    const int height = top + static_cast<int>(lanes_.size() - 1) * lane_height + 54;
    std::string svg = fmt::format(
        R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}">)", width, height,
        html_text(breach_.name + ": " + breach_.got));
    add_faults(svg, height);
    add_lanes(svg);
    add_entries(svg);
    add_messages(svg);
    svg += labels_;
    add_steps(svg);
    return svg + "</svg>\n";
  }

 private:
  /// Where no key is known, whoever broke the promise.
  bool is_about(const std::vector<Timeline::KeyIndex>& keys, Timeline::LaneIndex from, Timeline::LaneIndex to) const {
    if (keys_.empty()) {
      return breach_.lane == Timeline::none || from == breach_.lane || to == breach_.lane;
    }
    return std::any_of(keys.begin(), keys.end(), [&](auto key) { return keys_.contains(key); });
  }

  void choose_keys() {
    if (breach_.operation != Timeline::none) {
      const auto& keys = timeline_.operations[breach_.operation].keys;
      keys_.insert(keys.begin(), keys.end());
    }
    if (breach_.entry != Timeline::none) {
      keys_ = {timeline_.entries[breach_.entry].key};
    }
  }

  void add_instant(sim::Instant at) {
    if (at <= breach_.at) {
      columns_[at] = 0;
    }
  }

  /// The latest first: what is about the keys, as long as there is room. Steps have room always.
  void choose_what_is_shown() {
    add_instant(breach_.at);
    for (const auto& step : breach_.way) {
      add_instant(step.at);
      lanes_[step.lane] = 0;
    }
    for (std::size_t index = timeline_.entries.size(); index-- > 0;) {
      const Timeline::Entry& entry = timeline_.entries[index];
      const bool has_room = entry.from <= breach_.at && columns_.size() < columns_max;
      if (index == breach_.entry || (has_room && is_about({entry.key}, entry.lane, entry.lane))) {
        entries_.push_back(&entry);
        add_instant(entry.from);
        add_instant(entry.until);
        lanes_[entry.lane] = 0;
        for (const auto& stretch : entry.stale) {
          add_instant(stretch.from);
          add_instant(too_stale_from(entry, stretch));
        }
      }
    }
    for (const Timeline::Fault& fault : timeline_.faults) {
      if (fault.from <= breach_.at) {
        add_instant(fault.from);
        add_instant(fault.until);
      }
    }
    for (std::size_t index = timeline_.messages.size(); index-- > 0;) {
      const Timeline::Message& message = timeline_.messages[index];
      const bool tells_all = message.kind == Timeline::Message::Kind::push && message.keys.empty();
      if (message.weight == Timeline::Weight::matter && message.sent <= breach_.at &&
          (is_about(message.keys, message.from, message.to) || tells_all) && columns_.size() < columns_max) {
        messages_.push_back(&message);
        add_instant(message.sent);
        add_instant(message.arrived);
        lanes_[message.from] = 0;
        lanes_[message.to] = 0;
      }
    }
  }

  void place() {
    std::size_t number = 0;
    for (auto& [at, x] : columns_) {
      const auto room = static_cast<std::size_t>(width - left - 26);
      x = left + 10 + static_cast<int>(number++ * room / std::max<std::size_t>(columns_.size() - 1, 1));
    }
    int y = top;
    for (auto& [lane, at] : lanes_) {
      at = y;
      y += lane_height;
    }
  }

  /// Of an instant after the breach: the right edge.
  int x_of(sim::Instant at) const {
    const auto column = columns_.lower_bound(at);
    return column == columns_.end() ? width - 8 : column->second;
  }
  int y_of(Timeline::LaneIndex lane) const { return lanes_.at(lane); }

  static sim::Instant too_stale_from(const Timeline::Entry& entry, const Timeline::Stretch& stretch) {
    return entry.tolerance == sim::end_of_time ? sim::end_of_time : stretch.from + entry.tolerance;
  }

  /// "freeze_server" of "fault 2 at 1.5 for 0.3 freeze_server target 0 argument 0".
  static std::string kind_of(const Timeline::Fault& fault) {
    std::size_t at = 0;
    for (int word = 0; word < words_before_the_kind && at != std::string::npos; ++word) {
      at = fault.text.find(' ', at + 1);
    }
    const std::string rest = at == std::string::npos ? fault.text : fault.text.substr(at + 1);
    return rest.substr(0, rest.find(' '));
  }

  void add_faults(std::string& svg, int height) {
    std::map<int, std::set<std::string>> kinds;
    for (const Timeline::Fault& fault : timeline_.faults) {
      if (fault.from > breach_.at) {
        continue;
      }
      const int from = x_of(fault.from);
      const int until = std::max(x_of(fault.until), from + 3);
      svg += fmt::format(R"(<rect class="fault" x="{}" y="0" width="{}" height="{}"><title>{}</title></rect>)", from,
                         until - from, height, html_text(fault.text));
      kinds[from].insert(kind_of(fault));
    }
    int row = 0;
    for (const auto& [x, names] : kinds) {
      add_text(labels_, "fault", x + 3, 11 + 12 * (row++ % 2), fmt::format("{}", fmt::join(names, ", ")));
    }
  }

  void add_lanes(std::string& svg) const {
    for (const auto& [lane, y] : lanes_) {
      svg += fmt::format(R"(<line class="life" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="4" y="{}">{}</text>)",
                         left - 8, width - 4, y, y, y + 4, html_text(timeline_.lanes[lane].name));
    }
  }

  static void add_bar(std::string& svg, const char* name, int from, int until, int y, const std::string& title) {
    if (until > from) {
      svg += fmt::format(R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>)", name,
                         from, y, until - from, bar_height, html_text(title));
    }
  }

  /// Ends at the right edge what would go beyond it.
  static void add_text(std::string& svg, const char* name, int x, int y, const std::string& text) {
    const std::string short_text = cut(text, text_max);
    const int rest = width - 4 - static_cast<int>(short_text.size()) * character_width;
    svg += fmt::format(R"(<text class="{}" x="{}" y="{}">{}</text>)", name, std::min(x, rest), y,
                       html_text(short_text));
  }

  void add_entries(std::string& svg) {
    std::map<Timeline::LaneIndex, std::vector<std::pair<int, int>>> taken;
    for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
      const Timeline::Entry& entry = **at;
      const int from = x_of(entry.from);
      const int until = std::max(x_of(std::min(entry.until, breach_.at)), from + 4);
      auto& rows = taken[entry.lane];
      const auto beside = static_cast<int>(std::count_if(rows.begin(), rows.end(), [&](const auto& other) {
        return other.first < until && from < other.second;
      }));
      rows.emplace_back(from, until);
      const int y = y_of(entry.lane) + bar_below + beside * (bar_height + 3);
      const std::string title = entry.question + " = " + entry.value;
      add_bar(svg, "kept", from, until, y, title);
      for (const auto& stretch : entry.stale) {
        const int end = std::min(x_of(stretch.until), until);
        add_bar(svg, "stale", std::max(x_of(stretch.from), from), end, y, title);
        if (too_stale_from(entry, stretch) <= stretch.until) {
          add_bar(svg, "toostale", std::max(x_of(too_stale_from(entry, stretch)), from), end, y, title);
        }
      }
      add_text(labels_, "value", from, y + bar_height + 11, title);
    }
  }

  void add_messages(std::string& svg) {
    for (const Timeline::Message* message : messages_) {
      const char* const name = class_of(message->kind);
      const bool is_lost = message->vanished || message->arrived > breach_.at;
      const int x1 = x_of(message->sent);
      const int y1 = y_of(message->from);
      const int whole = y_of(message->to) - y1;
      const int x2 = is_lost ? x1 + 12 : x_of(message->arrived);
      const int y2 = is_lost ? y1 + whole / 3 : y1 + whole - (whole > 0 ? 3 : -3);
      svg += fmt::format(R"(<g class="{}{}"><title>{}</title><line x1="{}" y1="{}" x2="{}" y2="{}"/>)", name,
                         is_lost ? " lost" : "", html_text(message->text), x1, y1, x2, y2);
      const int back = whole > 0 ? -6 : 6;
      svg += is_lost ? fmt::format(R"(<path d="M{} {}l8 8m0 -8l-8 8"/></g>)", x2 - 4, y2 - 4)
                     : fmt::format(R"(<path d="M{} {}l-4 {}h8z"/></g>)", x2, y2, back);
      if (message->kind == Timeline::Message::Kind::command) {
        const int part = 3 + 2 * (said_++ % 3);  // of ten: at another height than its neighbours
        add_text(labels_, "said", x1 + (x2 - x1) * part / 10 + 6, y1 + (y2 - y1) * part / 10 + 3,
                 message->text.substr(0, message->text.find(" |")));
      }
    }
  }

  /// Those of one instant in one lane stand side by side, in their order.
  void add_steps(std::string& svg) const {
    std::map<std::pair<int, int>, std::vector<std::size_t>> places;
    for (std::size_t index = 0; index < breach_.way.size(); ++index) {
      places[{x_of(breach_.way[index].at), y_of(breach_.way[index].lane) - 12}].push_back(index);
    }
    for (const auto& [place, steps] : places) {
      const auto [middle, y] = place;
      const int span = step_width * static_cast<int>(steps.size() - 1);
      int x = std::min(middle, width - 10 - span);
      for (const std::size_t index : steps) {
        svg += fmt::format(R"(<g class="step"><circle cx="{}" cy="{}" r="8.5"/><text x="{}" y="{}">{}</text>)"
                           R"(<title>{}</title></g>)",
                           x, y, x, y + 4, index + 1, html_text(breach_.way[index].text));
        x += step_width;
      }
    }
  }

  const Timeline& timeline_;
  const Timeline::Breach& breach_;
  std::set<Timeline::KeyIndex> keys_;  // empty: all
  std::map<sim::Instant, int> columns_;
  std::map<Timeline::LaneIndex, int> lanes_;
  std::vector<const Timeline::Entry*> entries_;
  std::vector<const Timeline::Message*> messages_;
  std::string labels_;  // over all arrows
  int said_ = 0;
};

}  // namespace

std::string lane_picture(const Timeline& timeline) { return LanePicture{timeline}.text(); }

}  // namespace trackside::testing
