add_library(usermod_romslot INTERFACE)
target_sources(usermod_romslot INTERFACE ${CMAKE_CURRENT_LIST_DIR}/romslot.c)
target_include_directories(usermod_romslot INTERFACE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(usermod INTERFACE usermod_romslot)
