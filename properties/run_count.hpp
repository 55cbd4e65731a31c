// RapidCheck properties with a number of runs of their own.
//
// RapidCheck's default is 100 for everything, or whatever RC_PARAMS says; here every property says what it needs when
// nobody says otherwise. `RC_PARAMS="seed=7 max_success=100000"` works as usual, and stderr shows the seed.
#pragma once

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace trackside::testing {

template <class Property>
void check_runs(int count, Property&& property) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  rc::detail::TestMetadata metadata;
  metadata.id = std::string{test->test_suite_name()} + "/" + test->name();
  metadata.description = test->name();
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  const char* const given = std::getenv("RC_PARAMS");
  if (given == nullptr || std::string_view{given}.find("max_success") == std::string_view::npos) {
    params.maxSuccess = count;
  }
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), metadata, params);
  if (!result.template is<rc::detail::SuccessResult>()) {
    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    FAIL() << text.str();
  }
}

}  // namespace trackside::testing
