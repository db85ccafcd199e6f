# find_package(wakefd) gives the targets wakefd::wakefd, the shared library, and
# wakefd::static, each if it is installed. The files may be moved together: they are found
# from where this one is, in LIBDIR/cmake/wakefd.
cmake_policy(PUSH)
cmake_policy(VERSION 3.10)
get_filename_component(_wakefd_libdir "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
find_path(_wakefd_includedir wakefd.h NO_CACHE NO_DEFAULT_PATH
    PATHS "${_wakefd_libdir}/../include" "${_wakefd_libdir}/../../include" "${CMAKE_INSTALL_INCLUDEDIR}")
if(NOT _wakefd_includedir)
    set(_wakefd_includedir "@INCLUDEDIR@")
endif()

# _wakefd_target(NAME KIND FILE [LIBRARY])
macro(_wakefd_target name kind file)
    if(EXISTS "${_wakefd_libdir}/${file}" AND NOT TARGET wakefd::${name})
        add_library(wakefd::${name} ${kind} IMPORTED)
        set_target_properties(wakefd::${name} PROPERTIES
            IMPORTED_LOCATION "${_wakefd_libdir}/${file}"
            INTERFACE_INCLUDE_DIRECTORIES "${_wakefd_includedir}"
            INTERFACE_LINK_LIBRARIES "${ARGN}")
    endif()
endmacro()
_wakefd_target(wakefd SHARED libwakefd.so)
_wakefd_target(static STATIC libwakefd.a @PRIVATE@)
if(NOT TARGET wakefd::wakefd AND NOT TARGET wakefd::static)
    set(wakefd_FOUND FALSE)
    set(wakefd_NOT_FOUND_MESSAGE "there is neither libwakefd.so nor libwakefd.a in ${_wakefd_libdir}")
endif()
cmake_policy(POP)
