# caltrop-sensor: detect, explain and scan in one static file that needs nothing of the host it runs on.
#
# It is linked from the same libraries as caltrop. Sources that differ (no ISA-L, no journal, fewer commands) come first: what
# they define is then not taken out of the libraries.
option(CT_WITH_SENSOR "Build the static caltrop-sensor" ON)
if(NOT CT_WITH_SENSOR OR CT_SANITIZE OR CT_FUZZ)
    return()
endif()
set(static_libraries)
foreach(name mbedtls mbedx509 mbedcrypto z zstd lzma bz2 lz4 deflate)
    find_library(CT_STATIC_${name} lib${name}.a)
    if(NOT CT_STATIC_${name})
        message(STATUS "no caltrop-sensor: lib${name}.a is missing")
        return()
    endif()
    list(APPEND static_libraries ${CT_STATIC_${name}})
endforeach()

set(folders base text lookup detect formats campaign event runtime face actor version archive sbom advisory fingerprint assess packages os net
    crypt logs outlet decoy pipeline fix scan cli)
set(archives)
set(wanted)
foreach(folder ${folders})
    list(APPEND archives $<TARGET_FILE:ct_${folder}>)
    list(APPEND wanted ct_${folder})
endforeach()
add_executable(caltrop-sensor main.c table.c ${CMAKE_SOURCE_DIR}/src/archive/codec_gzip.c ${CMAKE_SOURCE_DIR}/src/logs/journal_none.c)
target_compile_definitions(caltrop-sensor PRIVATE CT_SENSOR)
add_dependencies(caltrop-sensor ${wanted})
set_property(TARGET caltrop-sensor APPEND PROPERTY LINK_DEPENDS "${archives}")
set_target_properties(caltrop-sensor PROPERTIES CT_STATIC ON CT_LINKS_LTO ON)
# The linker warns that resolving names loads libraries at run time; main.c sees to it.
target_link_options(caltrop-sensor PRIVATE -static-pie -Wl,--no-warnings $<$<NOT:$<CONFIG:Debug>>:-s>) # -s: it is copied to many hosts
target_link_libraries(caltrop-sensor PRIVATE ct_flags ct_lto -Wl,--start-group ${archives} ${static_libraries} -Wl,--end-group)
install(TARGETS caltrop-sensor RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(PROGRAMS ${CMAKE_SOURCE_DIR}/tools/scan-hosts.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/caltrop)
