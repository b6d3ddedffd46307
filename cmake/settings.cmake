# Compiler settings of everything that is ours, and the one precompiled header.

add_library(cordon_settings INTERFACE)
target_link_libraries(cordon_settings INTERFACE fmt::fmt)
target_compile_options(cordon_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fno-omit-frame-pointer -march=x86-64-v2)
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # GCC 12 warns of std::string moves that cannot happen (its bugs 105329 and 105651); ASan covers the real ones.
  target_compile_options(cordon_settings INTERFACE
    -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Clang sees the deprecated std::get_temporary_buffer inside libstdc++'s own std::stable_sort.
  target_compile_options(cordon_settings INTERFACE -Wno-deprecated-declarations)
endif()
if(CORDON_SANITIZE)
  target_compile_options(cordon_settings INTERFACE -fsanitize=${CORDON_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(cordon_settings INTERFACE -fsanitize=${CORDON_SANITIZE})
endif()
if(CORDON_FUZZ)
  target_compile_options(cordon_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CORDON_CCACHE ccache)
if(CORDON_CCACHE)
  # Precompiled headers are cached only when ccache is told that their time stamps do not matter.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
    ${CORDON_CCACHE})
  # Debug information tells the folder of a build; without it an object serves every checkout.
  target_compile_options(cordon_settings INTERFACE -fdebug-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()

# The std headers that nearly every file reads, parsed once. Clang builds (checks, fuzzing) go without.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  file(WRITE ${PROJECT_BINARY_DIR}/pch.cpp "")
  add_library(cordon_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cpp)
  target_link_libraries(cordon_pch PRIVATE cordon_settings)
  target_compile_options(cordon_pch PRIVATE -fpch-preprocess)
  target_compile_options(cordon_settings INTERFACE -fpch-preprocess)
  target_precompile_headers(cordon_pch PRIVATE
    <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view>
    <unordered_map> <utility> <variant> <vector> <tl/expected.hpp> <fmt/format.h>)
endif()
