# Installs trackside::testing, for find_package(trackside COMPONENTS testing): its public headers, and the archives of
# the simulator and the model that it is made of. The headers of these two stay here: they change when they like.
include(GNUInstallDirs)

install(TARGETS trackside_sim trackside_model trackside_testing EXPORT trackside_testing_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT trackside_testing_targets
  FILE trackside-testing-targets.cmake
  NAMESPACE trackside::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/trackside)
