#include "properties/tool/marks_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace trackside::tool {

std::string marks_table(const testing::Totals& totals) {
  if (!counts_marks) {
    return {};
  }
  std::string table = "\n  marks: how often, in how many of a hundred runs\n";
  std::string never;
  std::size_t met = 0;
  for (std::size_t mark = 0; mark < mark_count; ++mark) {
    if (totals.marks[mark] == 0) {
      never += fmt::format("    {:<39} {}\n", mark_texts[mark].name, mark_texts[mark].sentence);
      continue;
    }
    const double share = 100.0 * static_cast<double>(totals.runs_with_mark[mark]) / static_cast<double>(totals.runs);
    table += fmt::format("    {:<39} {:>8} {:>6.2f}{}", mark_texts[mark].name, totals.marks[mark], share,
                         ++met % 2 == 0 ? "\n" : "");
  }
  table += met % 2 == 0 ? "" : "\n";
  return never.empty() ? table : table + "  marks that were never met\n" + never;
}

nlohmann::json marks_json(const testing::Totals& totals) {
  nlohmann::json json = nlohmann::json::object();
  for (std::size_t mark = 0; counts_marks && mark < mark_count; ++mark) {
    json[std::string{mark_texts[mark].name}] = {{"times", totals.marks[mark]}, {"runs", totals.runs_with_mark[mark]}};
  }
  return json;
}

}  // namespace trackside::tool
