// A history that contradicts itself is refused loudly: a rule fed with it would judge the recorder, not the subject.
#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using model::require_consistent;

TEST(HistoryConsistency, AWellToldHistoryIsConsistent) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1", at(2)).version(at(3), "v2");
  history.client(0).writes("k", "v3", {at(4), at(5), at(6)});
  history.client(0).puts(at(6), true, true);
  history.never_ends(history.client(0).reads("k", from_server, "v3", at(6)));
  EXPECT_TRUE(holds(history, model::Promise::read_your_writes));
}

TEST(HistoryConsistency, VersionsOutOfOrderAreRefused) {
  HistoryBuilder history;
  history.key("k").version(at(3), "v1").version(at(2), "v2");
  EXPECT_DEATH(require_consistent(history.raw()), "versions of a key are in order of time");
}

TEST(HistoryConsistency, EventsOutOfOrderAreRefused) {
  HistoryBuilder history;
  history.client(0).reads("k", from_server, absent, at(2));
  history.client(0).reads("k", from_server, absent, at(1));
  EXPECT_DEATH(require_consistent(history.raw()), "events are in order of time");
}

TEST(HistoryConsistency, AnEndBeforeTheBeginningIsRefused) {
  HistoryBuilder history;
  history.client(0).reads("k", from_server, absent, {at(2), at(1)});
  EXPECT_DEATH(require_consistent(history.raw()), "no operation ends before it begins");
}

TEST(HistoryConsistency, NamesOfNothingAreRefused) {
  HistoryBuilder history;
  const auto read = history.client(0).reads("k", from_server, absent, at(1));
  history.operation(read).key = 9;
  EXPECT_DEATH(require_consistent(history.raw()), "a read names a key");
  history.operation(read).key = 0;
  history.operation(read).client = 9;
  EXPECT_DEATH(require_consistent(history.raw()), "client is one of the history's");
}

TEST(HistoryConsistency, AnOperationThatEndedWithoutACompletionIsRefused) {
  HistoryBuilder history;
  const auto read = history.client(0).reads("k", from_server, absent, at(1));
  history.operation(read).completions = 0;
  EXPECT_DEATH(require_consistent(history.raw()), "what is not pending was completed");
}

}  // namespace
}  // namespace trackside::testing
