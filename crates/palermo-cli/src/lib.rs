//! The command `palermo`: arguments, exit codes, terminal.
//!
//! Principal function: [`run`]. Standard output is data, standard error is talk; `--format json`
//! makes the data machine-readable. Exit codes: 0 fine, 1 findings, 2 usage, 3 invalid rules or
//! configuration, 4 environment, 130 interrupted.
//!
//! The only crate that names clap, reads the environment and prints. What it does not do: it decides
//! nothing about payments; every command is a thin shell over runtime, lang, synth and engine.

mod alert;
mod args;
mod backtest;
mod canary;
mod config;
mod coverage;
mod data;
mod demo;
mod doctor;
mod exit;
mod features;
mod out;
mod ratio;
mod rules;
mod run;
mod sample;
mod screen;
mod shadow;
mod signals;
mod state;
mod synth;
mod top;
mod tune;
mod why_not;

use args::{
    AlertCommand, CanaryCommand, Cli, Command, ConfigCommand, DataCommand, DoctorCommand,
    RulesCommand, SampleCommand, StateCommand,
};
use clap::Parser;
use exit::{Exit, Failure};
use out::Out;
use palermo_backtest::sample::Line;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command with the process arguments and returns its exit code.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let mut out = Out::standard();
    explain_damage();
    ExitCode::from(main(arguments, &mut out).code())
}

/// A damaged Parquet file ends the command as every other file that cannot be read does, where the library
/// that reads it panics.
fn explain_damage() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| match palermo_backtest::of_damage(panic) {
        Some(error) => {
            let failure = Failure::from(error);
            Out::standard().talk(&failure.to_string());
            std::process::exit(i32::from(failure.exit.code()));
        }
        None => usual(panic),
    }));
}

fn main(arguments: Vec<OsString>, out: &mut Out) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render();
            let color = if error.use_stderr() { out.color_talk() } else { out.color_data() };
            let text = if color { text.ansi().to_string() } else { text.to_string() };
            let to_stdout = !error.use_stderr();
            if to_stdout {
                out.data(text.trim_end())
            } else {
                out.talk(text.trim_end())
            }
            return if to_stdout { Exit::Fine } else { Exit::Usage };
        }
    };
    out.set_format(cli.format);
    match dispatch(cli.command, out) {
        Ok(exit) => exit,
        Err(failure) => {
            out.talk(&failure.to_string());
            failure.exit
        }
    }
}

fn dispatch(command: Command, out: &mut Out) -> Result<Exit, Failure> {
    let lints = matches!(command, Command::Rules(RulesCommand::Lint(_)));
    if out.for_code_host() && !lints {
        let text = "`--format sarif` and `--format github` are for `palermo rules lint`";
        return Err(Failure::words(Exit::Usage, text));
    }
    match command {
        Command::Run(arguments) => run::run(&arguments, out),
        Command::Demo(arguments) => demo::demo(&arguments, out),
        Command::Synth(arguments) => synth::synth(&arguments, out),
        Command::Features(arguments) => features::features(&arguments, out),
        Command::Backtest(arguments) => backtest::backtest(&arguments, out),
        Command::Sample(SampleCommand::Btl(arguments)) => {
            sample::sample(&arguments, Line::Below, out)
        }
        Command::Sample(SampleCommand::Atl(arguments)) => {
            sample::sample(&arguments, Line::Above, out)
        }
        Command::Sample(SampleCommand::Import(arguments)) => sample::import(&arguments, out),
        Command::Data(DataCommand::Profile(arguments)) => data::data_profile(&arguments, out),
        Command::Data(DataCommand::Export(arguments)) => data::data_export(&arguments, out),
        Command::Tune(arguments) => tune::tune(&arguments, out),
        Command::Shadow(args::ShadowCommand::Report(arguments)) => shadow::report(&arguments, out),
        Command::Coverage(arguments) => coverage::show(&arguments, out),
        Command::Alert(AlertCommand::List(arguments)) => alert::list(&arguments, out),
        Command::Alert(AlertCommand::Show(arguments)) => alert::show(&arguments, out),
        Command::Alert(AlertCommand::Replay(arguments)) => alert::replay(&arguments, out),
        Command::Canary(CanaryCommand::Once(arguments)) => canary::once(&arguments, out),
        Command::Canary(CanaryCommand::Run(arguments)) => canary::run(&arguments, out),
        Command::Canary(CanaryCommand::List(arguments)) => canary::list(&arguments, out),
        Command::WhyNot(arguments) => why_not::why_not(&arguments, out),
        Command::Rules(RulesCommand::Test(arguments)) => rules::test(&arguments, out),
        Command::Rules(RulesCommand::Lint(arguments)) => rules::lint(&arguments, out),
        Command::Rules(RulesCommand::Explain { code }) => doctor::explain(&code, out),
        Command::Rules(RulesCommand::Fmt(arguments)) => rules::fmt(&arguments, out),
        Command::Rules(RulesCommand::Lock(arguments)) => rules::lock(&arguments, out),
        Command::Rules(RulesCommand::Diff(arguments)) => rules::diff(&arguments, out),
        Command::Rules(RulesCommand::Graph(arguments)) => rules::graph(&arguments, out),
        Command::Rules(RulesCommand::Doc(arguments)) => rules::doc(&arguments, out),
        Command::Rules(RulesCommand::Schema) => rules::schema(out),
        Command::Rules(RulesCommand::Key(arguments)) => rules::release::key(&arguments, out),
        Command::Rules(RulesCommand::Bundle(arguments)) => rules::release::bundle(&arguments, out),
        Command::Rules(RulesCommand::Activate(arguments)) => {
            rules::release::activate(&arguments, out)
        }
        Command::Rules(RulesCommand::Rollback(arguments)) => {
            rules::release::rollback(&arguments, out)
        }
        Command::Rules(RulesCommand::Status(arguments)) => rules::release::status(&arguments, out),
        Command::Top(arguments) => top::top(&arguments, out),
        Command::State(StateCommand::Inspect(arguments)) => state::inspect(&arguments, out),
        Command::State(StateCommand::Verify(arguments)) => state::verify(&arguments, out),
        Command::State(StateCommand::Stats(arguments)) => state::stats(&arguments, out),
        Command::Doctor(arguments) => match arguments.command {
            Some(DoctorCommand::Explain { reason }) => doctor::explain(&reason, out),
            None => doctor::examine(&arguments.config, out),
        },
        Command::Config(ConfigCommand::Check(arguments)) => config::check(&arguments, out),
        Command::Config(ConfigCommand::Show(arguments)) => config::show(&arguments, out),
    }
}

#[cfg(test)]
mod tests;
