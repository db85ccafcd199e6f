//! Fails if the program would not be static. RUSTFLAGS in the environment replace the flags of
//! .cargo/config.toml, and rustc then links the program dynamically without a warning.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let features = std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    assert!(
        features.split(',').any(|feature| feature == "crt-static"),
        "crt-static is off: are the rustflags of .cargo/config.toml in use?"
    );
}
