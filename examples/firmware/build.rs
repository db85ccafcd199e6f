//! Fails if the program would not be static. rustc links it dynamically without a word if it
//! was told so by nobody: RUSTFLAGS in the environment replace those of .cargo/config.toml.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let features = std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    assert!(
        features.split(',').any(|feature| feature == "crt-static"),
        "crt-static is off: are the rustflags of .cargo/config.toml in use?"
    );
}
