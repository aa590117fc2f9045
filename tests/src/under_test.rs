//! The command `palermo`, built inside this package so that tests can start it.

fn main() -> std::process::ExitCode {
    palermo_cli::run()
}
