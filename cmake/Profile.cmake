# What is shipped knows how often its branches are taken (gcc): a tenth less time per judged line. The folders that a log line goes
# through are compiled twice. The first time with counters, into ct_FOLDER_trained: bench/train.c sends lines of the generator and of
# the tests through these, in one thread and the same ones each time, so that the same program comes out wherever it is built.
option(CT_PROFILE "Compile with a profile from a training run" OFF)
if(NOT CMAKE_C_COMPILER_ID STREQUAL "GNU" OR CMAKE_CROSSCOMPILING OR CT_SANITIZE)
    set(CT_PROFILE OFF)
endif()
if(NOT CT_PROFILE)
    function(ct_train)
    endfunction()
    function(ct_profile)
    endfunction()
    return()
endif()

set(CT_TRAINED base text lookup detect formats campaign event pipeline)
set(CT_TRAINING ${CMAKE_BINARY_DIR}/profile)
# All that was taken at all is worth speed; what was not is compiled as if there were no profile, for other lines may take it.
set(worth "SHELL:--param hot-bb-count-ws-permille=1000")
target_link_options(ct_lto INTERFACE ${worth})

# The twin of a library, and that the library waits for what it tells; as ct_library.
function(ct_train folder)
    if(NOT folder IN_LIST CT_TRAINED)
        return()
    endif()
    cmake_parse_arguments(A "" "" "SOURCES;LINKS;PRIVATE" ${ARGN})
    list(REMOVE_ITEM A_LINKS logs os) # the lines are read already
    list(TRANSFORM A_LINKS REPLACE "(.+)" "ct_\\1_trained")
    add_library(ct_${folder}_trained STATIC EXCLUDE_FROM_ALL ${A_SOURCES})
    target_link_libraries(ct_${folder}_trained PUBLIC ct_flags ${A_LINKS} PRIVATE ${A_PRIVATE})
    # The counts of a function are found again by the name that -dumpdir gives, and the function too when it is static.
    set(names "SHELL:-dumpdir profile/${folder}-")
    target_compile_options(ct_${folder}_trained PRIVATE ${names} -fprofile-generate -fprofile-update=single -w)
    # trained.h is empty: what includes it is compiled anew after each training.
    target_compile_options(ct_${folder} PRIVATE ${names} -fprofile-use -fprofile-partial-training ${worth} -Wno-missing-profile
        "SHELL:-include ${CT_TRAINING}/trained.h")
    add_dependencies(ct_${folder} ct_profile)
endfunction()

# The training, when all folders are known.
function(ct_profile)
    add_executable(ct_trainer EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/bench/train.c)
    target_link_libraries(ct_trainer PRIVATE ct_pipeline_trained -fprofile-generate)
    set_target_properties(ct_trainer PROPERTIES OUTPUT_NAME train RUNTIME_OUTPUT_DIRECTORY ${CT_TRAINING})
    file(GLOB logs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/golden/formats/*.log)
    set(script ${CMAKE_SOURCE_DIR}/cmake/train.cmake)
    add_custom_command(OUTPUT ${CT_TRAINING}/trained.h
        COMMAND ${CMAKE_COMMAND} -DMADE=${CT_TRAINING} -DTRAIN=$<TARGET_FILE:ct_trainer> -DLOGGEN=$<TARGET_FILE:ct_loggen> "-DLOGS=${logs}" -P ${script}
        DEPENDS ct_trainer ct_loggen ${logs} ${script} COMMENT "Training: how often which branch is taken" VERBATIM)
    add_custom_target(ct_profile DEPENDS ${CT_TRAINING}/trained.h)
endfunction()
