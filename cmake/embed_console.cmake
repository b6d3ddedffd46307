# cmake -DWEB=DIR -DOUT=DIR -DNPM=PROGRAM -DON=BOOL -P embed_console.cmake
# Builds WEB/dist when it is older than its sources, and writes OUT/console.cpp with its files in it. A console that
# cannot be built is a warning: the rest of the program does not need it.
cmake_minimum_required(VERSION 3.25)
file(MAKE_DIRECTORY ${OUT})

function(is_fresh result)
  set(${result} FALSE PARENT_SCOPE)
  if(NOT EXISTS ${WEB}/dist/index.html)
    return()
  endif()
  file(GLOB_RECURSE sources ${WEB}/src/* ${WEB}/public/*)
  file(GLOB top ${WEB}/*.json ${WEB}/*.html ${WEB}/*.ts ${WEB}/*.js)
  foreach(source ${sources} ${top})
    if(${source} IS_NEWER_THAN ${WEB}/dist/index.html)
      return()
    endif()
  endforeach()
  set(${result} TRUE PARENT_SCOPE)
endfunction()

function(npm)
  if(failed)
    return()
  endif()
  execute_process(COMMAND ${NPM} ${ARGN} WORKING_DIRECTORY ${WEB} RESULT_VARIABLE code
                  OUTPUT_VARIABLE said ERROR_VARIABLE said TIMEOUT 900)
  if(NOT code EQUAL 0)
    string(JOIN " " call ${ARGN})
    message(WARNING "npm ${call} failed (${code}); the console is left out, or stays as it was:\n${said}")
    set(failed TRUE PARENT_SCOPE)
  endif()
endfunction()

if(ON AND EXISTS ${WEB}/package.json)
  # Several builds of one checkout share web/node_modules and web/dist.
  file(LOCK ${WEB} DIRECTORY GUARD PROCESS TIMEOUT 1800)
  is_fresh(fresh)
  if(NOT fresh AND NPM)
    set(failed FALSE)
    if(NOT EXISTS ${WEB}/node_modules/.package-lock.json
       OR ${WEB}/package-lock.json IS_NEWER_THAN ${WEB}/node_modules/.package-lock.json)
      npm(ci --no-audit --no-fund)
    endif()
    npm(run build)
  endif()
endif()

set(files "")
if(ON AND EXISTS ${WEB}/dist/index.html)
  file(GLOB_RECURSE files RELATIVE ${WEB}/dist LIST_DIRECTORIES false ${WEB}/dist/*)
  list(SORT files)
endif()
set(number 0)
set(bytes "")
set(names "")
set(rows "")
foreach(file ${files})
  set(packed ${OUT}/${number}.gz)
  # -n: without time and name, so that the same file is the same bytes.
  execute_process(COMMAND gzip -9 -n -c ${WEB}/dist/${file} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
  file(SHA256 ${WEB}/dist/${file} digest)
  file(SHA256 ${packed} packed_digest)  # In the text below, so that another file is another text.
  string(SUBSTRING ${digest} 0 32 digest)  # As content_name() has it.
  set(symbol cordon_console_${number})
  string(APPEND bytes "    \".globl ${symbol}, ${symbol}_end\\n${symbol}: .incbin \\\"${packed}\\\"\\n${symbol}_end:\\n\"  // ${packed_digest}\n")
  string(APPEND names "extern \"C\" const char ${symbol}[], ${symbol}_end[];\n")
  string(APPEND rows "    {\"/${file}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}, \"${digest}\"},\n")
  math(EXPR number "${number} + 1")
endforeach()
if(number GREATER 0)
  set(bytes "asm(\".pushsection .rodata\\n\"\n${bytes}    \".popsection\\n\");\n")
  set(rows "const ConsoleFile kFiles[] = {\n${rows}};\n")
  set(answer "kFiles")
else()
  set(rows "")
  set(answer "{}")
endif()
file(WRITE ${OUT}/console.cpp "// Made by cmake/embed_console.cmake.
#include \"console_files.hpp\"

${bytes}${names}
namespace cordon::server {
namespace {
${rows}}  // namespace
std::span<const ConsoleFile> console_files() noexcept { return ${answer}; }
}  // namespace cordon::server
")
