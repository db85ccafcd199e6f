//! Passes the arguments with which `cargo build` and cargo-c link the shared library. The
//! Makefile links one from the static library, with the same arguments and a version for
//! each function.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The name by which programs find the library. It changes with every incompatible change
    // of the binary interface.
    link("-soname,libwakefd.so.0");
    // An undefined symbol is an error at this point, not when a program starts.
    link("-z,defs");
    // A handler of the library may still be about to return when `dlclose` unmaps it.
    link("-z,nodelete");
}

fn link(argument: &str) {
    println!("cargo:rustc-cdylib-link-arg=-Wl,{argument}");
}
