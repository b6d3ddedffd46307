# console_files(TARGET): puts the console (web/) into a target, compressed. Made with npm when it is there; without it
# the program has one page that says so.
option(CORDON_CONSOLE "Build the web console with npm and put it into the program" ON)

function(console_files target)
  set(web ${PROJECT_SOURCE_DIR}/web)
  set(out ${PROJECT_BINARY_DIR}/console)
  # What the console is made of; a change of any makes it anew.
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
  file(GLOB top CONFIGURE_DEPENDS ${web}/*.json ${web}/*.html ${web}/*.ts ${web}/*.js)
  find_program(CORDON_NPM npm)
  if(NOT CORDON_CONSOLE)
    message(STATUS "Console: left out (CORDON_CONSOLE=OFF)")
  elseif(NOT EXISTS ${web}/package.json)
    message(STATUS "Console: there is no web/package.json")
  elseif(NOT CORDON_NPM AND NOT EXISTS ${web}/dist/index.html)
    message(WARNING "cordon will have NO CONSOLE: npm was not found. Install Node.js 18 or newer with npm (./setup does), "
                    "and configure again.")
  endif()
  set(npm "")
  if(CORDON_NPM)
    set(npm ${CORDON_NPM})
  endif()
  add_custom_command(
    OUTPUT ${out}/console.cpp
    COMMAND ${CMAKE_COMMAND} -DWEB=${web} -DOUT=${out} -DNPM=${npm} -DON=${CORDON_CONSOLE}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_console.cmake
    DEPENDS ${sources} ${top} ${PROJECT_SOURCE_DIR}/cmake/embed_console.cmake
    COMMENT "Building the console" VERBATIM)
  target_sources(${target} PRIVATE ${out}/console.cpp)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src/server)
endfunction()
