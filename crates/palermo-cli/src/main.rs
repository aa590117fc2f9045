//! The `palermo` binary: hands the arguments to the library and exits with its code.

/// Keeps memory use flat over weeks of allocation and release, where the system's allocator
/// fragments.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    palermo_cli::run()
}
