//! Reading the configuration, with what the environment replaces; `palermo config check` and `show`.

use crate::args::{ConfigArgs, ConfigShowArgs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_runtime::{Config, ConfigError, ConfigOverrides, Origin as Source, Setting};
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

/// `palermo config show`.
pub(crate) fn show(arguments: &ConfigShowArgs, out: &mut Out) -> Result<Exit, Failure> {
    let path = &arguments.config.config;
    let overrides = ConfigOverrides { bootstrap: from_environment() };
    let file = path.display().to_string();
    let (_, settings) = Config::parse_with_origins(&text(path)?, &file, &overrides)
        .map_err(|error| refused(&error))?;
    if out.json() {
        let rows: Vec<_> = settings.iter().map(row).collect();
        out.json_data(&json!({"settings": rows}));
        return Ok(Exit::Fine);
    }
    let shown = |setting: &Setting| match setting.value.as_str() {
        "" => "not set".to_owned(),
        value => value.to_owned(),
    };
    let keys = settings.iter().map(|setting| setting.key.len()).max().unwrap_or(0);
    let values = settings.iter().map(|setting| shown(setting).chars().count()).max().unwrap_or(0);
    for setting in &settings {
        let (key, value) = (setting.key, shown(setting));
        let line = if arguments.origin {
            format!("{key:keys$}  {value:values$}  {}", setting.origin)
        } else {
            format!("{key:keys$}  {value}")
        };
        out.data(&line);
    }
    Ok(Exit::Fine)
}

fn row(setting: &Setting) -> serde_json::Value {
    let value = (!setting.value.is_empty()).then_some(setting.value.as_str());
    let origin = match &setting.origin {
        Source::Default => json!({"kind": "default"}),
        Source::File { file, line } => json!({"kind": "file", "file": file, "line": line}),
        Source::Replaced { by } => json!({"kind": "environment", "name": by}),
    };
    json!({"key": setting.key, "value": value, "origin": origin})
}
