# ct_library(FOLDER SOURCES a.c b.c LINKS base text)   the static library ct_FOLDER
# ct_test(NAME SOURCES a.c LINKS detect [LABELS l])    a cmocka program run by CTest; exit status 77 is a skip, its last
#                                                      line the reason
# ct_fuzz(NAME LINKS lookup)                           fuzz/fuzz_NAME.c: libFuzzer program, and a replay of its corpus as a test
function(ct_library folder)
    cmake_parse_arguments(A "" "" "SOURCES;LINKS;PRIVATE" ${ARGN})
    add_library(ct_${folder} STATIC ${A_SOURCES})
    list(TRANSFORM A_LINKS PREPEND ct_)
    target_link_libraries(ct_${folder} PUBLIC ct_flags ${A_LINKS} PRIVATE ${A_PRIVATE})
endfunction()

function(ct_test name)
    cmake_parse_arguments(A "" "" "SOURCES;LINKS;PRIVATE;LABELS" ${ARGN})
    add_executable(test_${name} ${A_SOURCES})
    list(TRANSFORM A_LINKS PREPEND ct_)
    target_link_libraries(test_${name} PRIVATE ct_flags ${A_LINKS} ct_test_support ${A_PRIVATE} cmocka)
    set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tests)
    # Folders that start threads: their tests run once more under the thread sanitizer.
    if("${A_LINKS}" MATCHES "ct_(outlet|pipeline|cli)(;|$)")
        list(APPEND A_LABELS threads)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${A_LABELS}" SKIP_RETURN_CODE 77)
endfunction()

function(ct_fuzz name)
    cmake_parse_arguments(A "" "" "LINKS;PRIVATE" ${ARGN})
    list(TRANSFORM A_LINKS PREPEND ct_)
    set(source ${CMAKE_SOURCE_DIR}/fuzz/fuzz_${name}.c)
    if(CT_FUZZ)
        add_executable(fuzz_${name} ${source})
        target_link_libraries(fuzz_${name} PRIVATE ct_flags ${A_LINKS} ${A_PRIVATE} -fsanitize=fuzzer)
    else()
        add_executable(replay_${name} ${source} ${CMAKE_SOURCE_DIR}/fuzz/replay.c)
        set_target_properties(replay_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
        target_link_libraries(replay_${name} PRIVATE ct_flags ${A_LINKS} ${A_PRIVATE})
        add_test(NAME replay_${name} COMMAND replay_${name} ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
    endif()
endfunction()
