//! How `cargo build` and cargo-c link the shared library. The Makefile links its own, from
//! the static library, with the same arguments and a version for each function.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The name under which programs look for the library. It changes with every change that
    // a compiled program would not survive.
    link("-soname,libwakefd.so.0");
    // A symbol that no library defines is an error now, not when a program starts.
    link("-z,defs");
    // A handler of the library may still be about to return when `dlclose` unmaps it.
    link("-z,nodelete");
}

fn link(argument: &str) {
    println!("cargo:rustc-cdylib-link-arg=-Wl,{argument}");
}
