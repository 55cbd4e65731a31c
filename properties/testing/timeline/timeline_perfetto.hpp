// A timeline as a trace that ui.perfetto.dev and chrome://tracing open: Chrome's trace event format, in JSON.
//
// Processes are clients with writers, nodes, caches and faults; threads are lanes, entries' questions and faults.
// Operations, entries and faults overlap at will, so they are asynchronous pairs (b, e); a message is a short slice at
// each end (X) with a flow between them (s, f), of which a lost one has only the first slice. Times are microseconds;
// events are in order of time.
// Source: "Trace Event Format", the Chromium project.
#pragma once

#include <string>

#include "properties/testing/timeline/timeline.hpp"

namespace trackside::testing {

std::string perfetto_of(const Timeline& timeline);

}  // namespace trackside::testing
