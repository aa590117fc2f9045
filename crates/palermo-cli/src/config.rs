//! Reading the configuration, with what the environment replaces; `palermo config check`.

use crate::args::ConfigArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_runtime::{Config, ConfigError, ConfigOverrides};
use serde_json::json;
use std::path::Path;

/// Points everything at a cluster that exists already.
const BOOTSTRAP: &str = "PALERMO_BOOTSTRAP";

/// A broker's address, and where it was given.
pub(crate) type Origin = (String, &'static str);

/// The broker that the environment names.
#[expect(clippy::disallowed_methods, reason = "the command is the one reader of the environment")]
pub(crate) fn from_environment() -> Option<Origin> {
    let value = std::env::var(BOOTSTRAP).ok().filter(|value| !value.trim().is_empty())?;
    Some((value, BOOTSTRAP))
}

/// Reads a configuration file.
pub(crate) fn read(path: &Path) -> Result<Config, Failure> {
    read_at(path, from_environment())
}

/// Reads a configuration file; where a broker is given, with its origin, it replaces the file's.
pub(crate) fn read_at(path: &Path, broker: Option<Origin>) -> Result<Config, Failure> {
    let text = text(path)?;
    parse(path, &text, broker).map_err(|error| refused(&error))
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure {
        exit: Exit::Content,
        code: Some(ConfigError::CODE),
        text: format!("cannot read `{}` (`--config`): {error}", path.display()),
    })
}

fn parse(path: &Path, text: &str, bootstrap: Option<Origin>) -> Result<Config, ConfigError> {
    Config::parse(text, &path.display().to_string(), &ConfigOverrides { bootstrap })
}

fn refused(error: &ConfigError) -> Failure {
    Failure {
        exit: Exit::Content,
        code: Some(ConfigError::CODE),
        text: format!("the configuration is refused\n{error}"),
    }
}

/// `palermo config check`.
pub(crate) fn check(arguments: &ConfigArgs, out: &mut Out) -> Result<Exit, Failure> {
    let path = &arguments.config;
    let parsed = parse(path, &text(path)?, from_environment());
    if !out.json() {
        let config = parsed.map_err(|error| refused(&error))?;
        palermo_runtime::trust(&config).map_err(palermo_runtime::RunError::from)?;
        out.data(&format!(
            "{}: fine; task `{}`, broker {}, rules in `{}` ({}), state in `{}`",
            path.display(),
            config.task,
            config.kafka.bootstrap,
            config.rules_path.display(),
            config.environment,
            config.state_dir.display()
        ));
        return Ok(Exit::Fine);
    }
    let untrusted = parsed.as_ref().ok().and_then(|config| palermo_runtime::trust(config).err());
    let problems = parsed.err().map(|error| error.problems).unwrap_or_default();
    let mut rows: Vec<_> = problems
        .iter()
        .map(|problem| {
            let (line, column) = problem.place.unzip();
            json!({"file": problem.file, "line": line, "column": column,
                   "message": problem.message, "help": problem.help})
        })
        .collect();
    if let Some(error) = untrusted {
        let file = path.display().to_string();
        rows.push(json!({"file": file, "line": null, "column": null, "message": error.to_string(),
                         "help": format!("palermo doctor explain {}", error.code())}));
    }
    let fine = rows.is_empty();
    out.json_data(&json!({"ok": fine, "problems": rows}));
    Ok(if fine { Exit::Fine } else { Exit::Content })
}
