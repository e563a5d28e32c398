//! The program `boxoffice`. Everything is in the library, so that tests can reach it.

use std::process::ExitCode;

/// A request is a few dozen small allocations, made on one thread and often freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    boxoffice::cli::main()
}
