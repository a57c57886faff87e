# Warnings, hardening and sanitizers. Hardening flags are probed one by one: compilers of Debian 12 lack some.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

add_library(ct_flags INTERFACE)
target_include_directories(ct_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(ct_flags INTERFACE _GNU_SOURCE CT_VERSION="${PROJECT_VERSION}")
target_compile_options(ct_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wformat=2 -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wcast-qual -Wundef -Wimplicit-fallthrough -Wnull-dereference
    -fvisibility=hidden -fno-strict-aliasing -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # Texts for people (fault details, last errors) have fixed sizes and are cut on purpose; where a cut would matter the
    # length that snprintf returns is checked.
    target_compile_options(ct_flags INTERFACE -Wno-format-truncation)
endif()
if(CT_WERROR)
    target_compile_options(ct_flags INTERFACE -Werror)
endif()

# Asserts stay on in what is shipped: they are cheap, and a wrong state found early beats a wrong verdict.
foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
    string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()
# The same bytes wherever it is built.
target_compile_options(ct_flags INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

# What is shipped is optimised across files (gcc): a third less time per judged line. With -O2: the larger code of -O3 takes longer
# where a rare attack finds the caches cold. The objects also hold ordinary code,
# for the tests and for users of libcaltrop.a; programs that want the rest link with ct_lto.
option(CT_LTO "Optimise across files" OFF)
add_library(ct_lto INTERFACE)
if(CT_LTO AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT CT_SANITIZE)
    target_compile_options(ct_flags INTERFACE -flto=auto -ffat-lto-objects)
    target_link_options(ct_lto INTERFACE -flto=auto)
    # The linker's plugin would optimise everything it is given. -fno-lto keeps it from that wherever it stands, even before
    # -flto: so it must not reach what links with ct_lto, which has the property CT_LINKS_LTO.
    add_link_options($<$<NOT:$<BOOL:$<TARGET_PROPERTY:CT_LINKS_LTO>>>:-fno-lto>)
endif()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(CT_SANITIZE)
    target_compile_options(ct_flags INTERFACE -fsanitize=${CT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(ct_flags INTERFACE -fsanitize=${CT_SANITIZE})
else()
    # -fno-plt: all is bound at the start (-z now), so calls into libraries need no way round.
    foreach(flag -fno-plt -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero
                 -fno-delete-null-pointer-checks)
        string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
        check_c_compiler_flag(${flag} ${have})
        if(${have})
            target_compile_options(ct_flags INTERFACE ${flag})
        endif()
    endforeach()
    if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
        target_compile_options(ct_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    endif()
    foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
        string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
        check_linker_flag(C ${flag} ${have})
        if(${have})
            target_link_options(ct_flags INTERFACE ${flag})
        endif()
    endforeach()
    # A static program asks for -static-pie by itself, which -pie would undo.
    target_link_options(ct_flags INTERFACE
        $<$<AND:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>,$<NOT:$<BOOL:$<TARGET_PROPERTY:CT_STATIC>>>>:-pie>)
endif()
