// `trackside gallery`: every cache that is wrong by one idea, with the smallest world that shows it, as pages.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "properties/testing/report/gallery.hpp"
#include "properties/testing/search/side_by_side.hpp"
#include "properties/testing/timeline/timeline_page.hpp"
#include "properties/tool/commands.hpp"
#include "properties/tool/files.hpp"
#include "properties/tool/progress_line.hpp"

namespace trackside::tool {
namespace {

using testing::Exhibit;
using testing::Subject;

bool write_exhibit(const GalleryRequest& request, const Exhibit& exhibit) {
  const std::string name{exhibit.subject->name};
  return write_file(request.folder + '/' + name + ".scenario", testing::scenario_file_of(exhibit)) &&
         write_file(request.folder + '/' + name + ".html",
                    testing::page_of(*exhibit.result.timeline,
                                     "build/release/trackside replay " + name + ".scenario"));
}

std::optional<Exhibit> search(const Subject& subject, std::uint64_t runs, unsigned jobs) {
  testing::Progress progress;
  const ProgressLine line{progress, std::string{subject.name}};
  return testing::find_exhibit(subject, runs, jobs, progress);
}

nlohmann::json to_json(const Exhibit& exhibit) {
  return {{"subject", exhibit.subject->name},
          {"promise", model::name_of(exhibit.result.violation->promise)},
          {"runs", exhibit.runs},
          {"steps", exhibit.reduction.steps},
          {"executions", exhibit.reduction.executions},
          {"verified_holds", exhibit.verified_holds}};
}

}  // namespace

int gallery(const GalleryRequest& request) {
  if (!check_output_folder(request.folder) || (!request.json.empty() && !check_output_file(request.json))) {
    return bad_input;
  }
  const unsigned jobs = testing::jobs_of(request.jobs);
  std::vector<Exhibit> exhibits;
  std::vector<const Subject*> missing;
  nlohmann::json list = nlohmann::json::array();
  for (const Subject* subject : testing::subjects_shown()) {
    std::optional<Exhibit> exhibit = search(*subject, request.runs, jobs);
    if (!exhibit) {
      fmt::print("{:<24} not found in {} runs\n", subject->name, request.runs);
      missing.push_back(subject);
      continue;
    }
    fmt::print("{:<24} {:<24} run {:>5}, {:>2} steps\n", subject->name,
               model::name_of(exhibit->result.violation->promise), exhibit->runs, exhibit->reduction.steps);
    if (!write_exhibit(request, *exhibit)) {
      return bad_input;
    }
    list.push_back(to_json(*exhibit));
    exhibits.push_back(std::move(*exhibit));
  }
  const std::string index = request.folder + "/index.html";
  if (!write_file(index, testing::gallery_page(exhibits, missing)) ||
      (!request.json.empty() && !write_json(request.json, list))) {
    return bad_input;
  }
  fmt::print("\nthe gallery:  {}\n", index);
  return missing.empty() ? held : broken;
}

}  // namespace trackside::tool
