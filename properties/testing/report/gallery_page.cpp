// The gallery's page: a table of all exhibits, and a card for each with its picture and its story.
#include <algorithm>

#include <fmt/format.h>

#include "properties/testing/report/gallery.hpp"
#include "properties/testing/report/report.hpp"
#include "properties/testing/timeline/html_text.hpp"
#include "properties/testing/timeline/lane_picture.hpp"
#include "properties/testing/timeline/page_files.hpp"
#include "properties/testing/timeline/timeline.hpp"

namespace trackside::testing {
namespace {

constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>trackside: caches that are wrong by one idea</title>
<style>
)";

constexpr std::string_view introduction = R"page(<h1>Caches that are wrong by one idea</h1>
<p class="lead">Each of these is trackside's own cache but for one idea, which clients in use have as well. The search
finds a run that breaks a promise, and shrinks it to the few commands and faults that it takes. In the same scenario the
verified cache keeps every promise, unless it is said.</p>
<div class="legend">
<span style="color:var(--good)"><i></i>a reply held by a cache</span>
<span style="color:var(--stale)"><i></i>stale</span>
<span style="color:var(--bad)"><i></i>for longer than is allowed</span>
<span style="color:var(--command)"><i class="arrow"></i>command</span>
<span style="color:var(--reply)"><i class="arrow"></i>reply</span>
<span style="color:var(--push)"><i class="arrow"></i>invalidation</span>
<span style="color:var(--fault)"><i style="background:var(--fault-back)"></i>fault</span>
<span>time between events is not to scale</span>
</div>
)page";

const Timeline::Breach& breach_of(const Exhibit& exhibit) { return *exhibit.result.timeline->breach; }

std::string row_of(const Exhibit& exhibit) {
  return fmt::format(R"(<tr><td><a class="name" href="#{0}">{0}</a></td><td>{1}</td><td>{2}</td>)"
                     R"(<td class="count">{3}</td><td class="count">{4}</td></tr>)"
                     "\n",
                     html_text(exhibit.subject->name), html_text(exhibit.subject->description),
                     html_text(breach_of(exhibit).name), exhibit.runs, exhibit.reduction.steps);
}

std::string row_of(const Subject& missing) {
  return fmt::format(R"(<tr class="missing"><td class="name">{}</td><td>{}</td><td colspan="3">not found</td></tr>)"
                     "\n",
                     html_text(missing.name), html_text(missing.description));
}

std::string table_of(std::span<const Exhibit> exhibits, std::span<const Subject* const> missing) {
  std::string table =
      "<table>\n<tr><th>subject</th><th>its idea</th><th>breaks</th><th class=\"count\">found in run</th>"
      "<th class=\"count\">steps left</th></tr>\n";
  for (const Exhibit& exhibit : exhibits) {
    table += row_of(exhibit);
  }
  for (const Subject* subject : missing) {
    table += row_of(*subject);
  }
  return table + "</table>\n";
}

std::string way_of(const Timeline::Breach& breach) {
  std::string list = "<ol>\n";
  for (const Timeline::Breach::Step& step : breach.way) {
    list += fmt::format("<li><time>{} s</time> {}</li>\n", seconds_text(step.at), html_text(step.text));
  }
  return list + "</ol>\n";
}

std::string card_of(const Exhibit& exhibit) {
  const Timeline::Breach& breach = breach_of(exhibit);
  const std::string name = html_text(exhibit.subject->name);
  std::string card = fmt::format(
      "<article id=\"{0}\">\n<header><h2 class=\"name\">{0}</h2><span class=\"badge\">{1}</span>\n"
      "<p class=\"idea\">{2}.</p>\n<p class=\"seen\">Seen in: {3}.</p></header>\n",
      name, html_text(breach.name), html_text(exhibit.subject->description), html_text(exhibit.subject->seen_in));
  card += fmt::format(
      "<div class=\"body\">\n<div>{0}</div>\n<div>\n{2}"
      "<dl><dt>promise</dt><dd>{1}</dd><dt>expected</dt><dd>{3}</dd><dt>got</dt><dd>{4}</dd></dl>\n</div>\n</div>\n",
      lane_picture(*exhibit.result.timeline), html_text(breach.sentence), way_of(breach), html_text(breach.expected),
      html_text(breach.got));
  card += fmt::format(
      "<details><summary>the whole story</summary><pre>{}</pre></details>\n",
      html_text(story_of(exhibit.reduction.scenario, exhibit.result, Detail::operations)));
  card += fmt::format(
      "<footer><code>build/release/trackside replay {0}.scenario</code><a href=\"{0}.html\">the whole picture</a>"
      "<a href=\"{0}.scenario\">the scenario</a><span>found in run {1}; {2} steps shrunk to {3} in {4} executions"
      "</span><span>{5}</span></footer>\n</article>\n",
      name, exhibit.runs, exhibit.reduction.steps_before, exhibit.reduction.steps, exhibit.reduction.executions,
      exhibit.verified_holds ? "the verified cache keeps every promise here"
                             : "the verified cache breaks one here too");
  return card;
}

}  // namespace

std::string gallery_page(std::span<const Exhibit> exhibits, std::span<const Subject* const> missing) {
  std::string page{head};
  page += page_files::gallery_style;
  page += "</style>\n</head>\n<body>\n";
  page += introduction;
  page += table_of(exhibits, missing);
  for (const Exhibit& exhibit : exhibits) {
    page += card_of(exhibit);
  }
  return page + "</body>\n</html>\n";
}

}  // namespace trackside::testing
