// The gallery: for each cache that is wrong by one idea, the smallest world found in which that shows.
//
// `find_exhibit` is what `trackside run --subject NAME` does, up to the first run that breaks the promise that the idea
// is about: the search takes seeds in their order, so how many it needed follows from the code alone. `gallery_page` is
// one page that needs nothing else; beside it lie the scenario and the whole picture of each exhibit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "properties/testing/running/run.hpp"
#include "properties/testing/search/explore.hpp"
#include "properties/testing/search/reducer.hpp"
#include "properties/testing/subjects/subjects.hpp"

namespace trackside::testing {

struct Exhibit {
  const Subject* subject = nullptr;
  std::uint64_t runs = 0;      // that the search took; the last one broke the promise
  Reduction reduction{};
  RunResult result{};          // of what is left, with its story and timeline
  bool verified_holds = false;  // in the same scenario
};

/// The subjects that belong there: those with an idea that was seen somewhere.
std::vector<const Subject*> subjects_shown();

/// Nothing if that promise did not break in so many runs, or the search was stopped.
std::optional<Exhibit> find_exhibit(const Subject& subject, std::uint64_t runs_max, unsigned jobs,
                                    Progress& progress);

/// The shrunk scenario as a file for properties/regressions: with its idea and what it is expected to end with.
std::string scenario_file_of(const Exhibit& exhibit);

/// Links to NAME.html and NAME.scenario beside it. `missing`: what the search did not find.
std::string gallery_page(std::span<const Exhibit> exhibits, std::span<const Subject* const> missing);

}  // namespace trackside::testing
