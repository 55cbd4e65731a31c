# Installs both libraries, the public headers, and what find_package(trackside) and pkg-config need to find them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(trackside_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/trackside)

install(TARGETS trackside_core trackside_asio EXPORT trackside_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT trackside_targets
  FILE trackside-targets.cmake
  NAMESPACE trackside::
  DESTINATION ${trackside_cmake_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/trackside-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/trackside-config.cmake
  INSTALL_DESTINATION ${trackside_cmake_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/trackside-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/trackside-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/trackside-config-version.cmake
  DESTINATION ${trackside_cmake_dir})

# Relative to itself, so that an installed tree can be moved.
file(RELATIVE_PATH trackside_prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/trackside.pc.in ${CMAKE_CURRENT_BINARY_DIR}/trackside.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/trackside.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
