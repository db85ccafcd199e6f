//! The name under which programs look for the shared library: it changes with
//! every change that a compiled program would not survive.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libwakefd.so.0");
    // What no library has is an error now, not when a program starts.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
    // Both tables: loaders of before 2006 do not know the GNU one, and on MIPS
    // the GNU one would raise the version of the file's format.
    let mips = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch.starts_with("mips"));
    let style = if mips { "sysv" } else { "both" };
    println!("cargo:rustc-cdylib-link-arg=-Wl,--hash-style={style}");
}
