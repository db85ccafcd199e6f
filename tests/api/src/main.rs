//! Prints the public API that a file of rustdoc's JSON describes, an item a line.

use std::process::ExitCode;

use public_api::Builder;

/// Traits that only the compiler and std's internals know by name. Which of them
/// there are changes with the compiler.
const INTERNAL: [&str; 3] = [
    "core::marker::Freeze",
    "core::marker::UnsafeUnpin",
    "core::marker::StructuralPartialEq",
];

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: wakefd-api JSON");
        return ExitCode::FAILURE;
    };
    // What every type has by blanket implementations says nothing.
    match Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .build()
    {
        Ok(api) => {
            api.items()
                .map(ToString::to_string)
                .filter(|item| !INTERNAL.iter().any(|internal| item.contains(internal)))
                .for_each(|item| println!("{item}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
