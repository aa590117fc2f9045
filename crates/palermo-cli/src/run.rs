//! `palermo run`.

use crate::args::RunArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::signals::Signals;
use palermo_console::Console;
use palermo_kafka::admin::TopicPlan;
use palermo_runtime::{Build, RunOptions, Services, Side};
use std::sync::Arc;

/// Facts about this binary.
pub(crate) const BUILD: Build = Build {
    version: env!("CARGO_PKG_VERSION"),
    git: env!("PALERMO_GIT"),
    rustc: env!("PALERMO_RUSTC"),
};

/// Runs a task until a signal or an error ends it.
pub(crate) fn run(arguments: &RunArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = crate::config::read(&arguments.config.config)?;
    palermo_ops::init_logs(config.log_format, &config.log_level)
        .map_err(|error| Failure::new(Exit::Environment, None, &error))?;
    let signals = Signals::listen()?;
    let services = Services::new()?;
    let console = Console::bind(config.http_listen).map_err(|error| {
        let content = matches!(error, palermo_console::ConsoleError::NotLoopback(_));
        let exit = if content { Exit::Content } else { Exit::Environment };
        Failure::new(exit, Some(error.code()), &error)
    })?;
    let plan = TopicPlan { payments_partitions: arguments.partitions, ..TopicPlan::default() };
    let options = RunOptions {
        start: arguments.start,
        warm_up_until: arguments.warm_up_until,
        accept_gap: arguments.accept_gap,
        create_topics: arguments.create_topics.then_some(plan),
        build: BUILD,
    };
    let (metrics, health) = (Arc::clone(&services.metrics), Arc::clone(&services.health));
    let http = Side {
        name: "http",
        work: Box::new(move |stop| {
            console.serve(metrics, health, stop).map_err(|error| error.to_string())
        }),
    };
    let ended = palermo_runtime::run(&config, &options, &services, vec![http], &signals.stop)?;
    if out.json() {
        out.json_data(&serde_json::json!({
            "applied": ended.stats.applied,
            "commits": ended.stats.commits,
        }));
    }
    Ok(signals.exit())
}
