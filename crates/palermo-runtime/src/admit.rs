//! Which rules an engine takes: those of the configuration at its start, and those that an activation brings.
//!
//! Promises: nothing comes into force that was not signed by a known key, unless the configuration takes
//! unsigned rules; what comes into force is kept under its hash first. An activation that is not taken
//! changes nothing.
//!
//! Cost: a bundle is verified, unpacked and compiled on the engine's own thread.

use crate::bundle::{BundleError, BundleFile, BundleFiles, Trust};
use crate::config::Config;
use crate::run::RunError;
use palermo_engine::{Activation, Bundle, Bundles, NotAdmitted};
use palermo_lang::program::RuleSet;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Longest file of keys, and of a bundle.
const KEYS_BYTES_MAX: u64 = 64 << 10;
const BUNDLE_BYTES_MAX: u64 = 8 << 20;

/// Whose rules the configuration takes.
///
/// # Errors
/// `keys_unreadable`; `rules_unsigned` where there are no keys and unsigned rules are refused.
pub fn trust(config: &Config) -> Result<Trust, BundleError> {
    let Some(path) = &config.rules_signed_by else {
        if config.rules_unsigned {
            return Trust::parse(None, true);
        }
        return Err(BundleError::NoKeys);
    };
    let text = read(path, KEYS_BYTES_MAX)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(BundleError::Key { path: path.clone(), problem: "cannot be read as text" })?;
    Trust::parse(Some((&text, path)), config.rules_unsigned)
}

/// The bundle that the configuration asks for: a signed file, or a folder where that is taken.
///
/// # Errors
/// A file or folder that cannot be read or may not be used.
pub(crate) fn configured(config: &Config, trust: &Trust) -> Result<BundleFile, RunError> {
    let path = &config.rules_path;
    if path.is_dir() {
        if !trust.takes_unsigned() {
            return Err(BundleError::Unsigned("the folder in `rules.path`").into());
        }
        tracing::warn!("rules are taken without a signature (`rules.unsigned`): for development");
        return Ok(BundleFile::seal(BundleFiles::gather(config)?, None));
    }
    let file = read_bundle(path)?;
    trust.check(&file)?;
    refuse_other_settings(&file.files, config.deciding())?;
    Ok(file)
}

/// Reads a bundle file.
///
/// # Errors
/// A file that cannot be read, or is no bundle.
pub fn read_bundle(path: &Path) -> Result<BundleFile, BundleError> {
    let bytes = read(path, BUNDLE_BYTES_MAX).ok_or_else(|| BundleError::Unfit {
        path: path.to_path_buf(),
        problem: "cannot be read, or is longer than a bundle may be",
    })?;
    BundleFile::decode(&bytes)
}

/// Whether the engines of a configuration will admit a bundle, as far as this machine can know.
///
/// # Errors
/// What they would refuse it for.
pub fn check_bundle(config: &Config, file: &BundleFile) -> Result<RuleSet, RunError> {
    trust(config)?.check(file)?;
    refuse_other_settings(&file.files, config.deciding())?;
    Ok(file.files.compile().map_err(RunError::Rules)?.rules)
}

fn read(path: &Path, most: u64) -> Option<Vec<u8>> {
    let fits = fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= most);
    fits.then(|| fs::read(path).ok()).flatten()
}

/// A bundle that was made for other deciding keys, the environment among them, would not decide what its
/// makers saw.
fn refuse_other_settings(files: &BundleFiles, now: &str) -> Result<(), BundleError> {
    let found = difference(files.settings(), now, true);
    found.map_or(Ok(()), |difference| Err(BundleError::Settings(difference)))
}

/// The first deciding key that differs, in words. Only what is new is held to the environment: that is a matter
/// of which rules a bundle deploys, and a past one has decided it.
fn difference(then: &str, now: &str, environment: bool) -> Option<String> {
    let pairs = |text: &str| -> Vec<(String, String)> {
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        let lines = lines.filter(|(key, _)| environment || *key != "rules.environment");
        lines.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    };
    let then = pairs(then);
    pairs(now).into_iter().find_map(|(key, value)| {
        let before = then.iter().find(|(k, _)| *k == key).map_or("not set", |(_, v)| v.as_str());
        (before != value).then(|| format!("`{key}` has changed from `{before}` to `{value}`"))
    })
}

/// Loads and compiles a kept bundle. One that was made under other deciding keys cannot be replayed by
/// an engine that holds the present ones: that stops.
pub(crate) fn load_bundle(
    state_dir: &Path,
    settings: &str,
    hash: &str,
) -> Result<Bundle, RunError> {
    compile_past(&BundleFiles::load(state_dir, hash)?, settings, hash)
}

fn compile_past(files: &BundleFiles, settings: &str, hash: &str) -> Result<Bundle, RunError> {
    if let Some(difference) = difference(files.settings(), settings, false) {
        return Err(RunError::Stop {
            code: "deciding_key_changed",
            reason: format!(
                "{difference} since this task began; set it back, \
                 or begin a new task with a group of its own"
            ),
        });
    }
    let rules = files.compile().map_err(RunError::Rules)?.rules;
    Ok(Bundle { sha256: hash.to_owned(), rules })
}

/// The bundles below `state.dir`, and the keys that admit more.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    state_dir: PathBuf,
    settings: String,
    trust: Trust,
    /// Why one of the past cannot be used, where a person must set a key back.
    changed: Rc<RefCell<Option<RunError>>>,
}

impl Kept {
    pub(crate) fn new(state_dir: &Path, settings: &str, trust: &Trust) -> Self {
        let (state_dir, settings) = (state_dir.to_path_buf(), settings.to_owned());
        Self { state_dir, settings, trust: trust.clone(), changed: Rc::default() }
    }

    /// The stop that a bundle of the past asks for.
    pub(crate) fn take_stop(&self) -> Option<RunError> {
        self.changed.take()
    }

    fn admitted(&self, activation: &Activation) -> Result<Bundle, RunError> {
        let Some(text) = &activation.file else {
            // It may have been kept when unsigned rules were taken, or by a key that is known no more.
            let file = BundleFile::kept(&self.state_dir, &activation.bundle)?;
            self.trust.check(&file)?;
            return compile_past(&file.files, &self.settings, &activation.bundle);
        };
        let file = BundleFile::decode_text(text, &self.trust)?;
        if file.sha256() != activation.bundle {
            return Err(BundleError::File("the record names another hash than it carries").into());
        }
        refuse_other_settings(&file.files, &self.settings)?;
        let rules = file.files.compile().map_err(RunError::Rules)?.rules;
        file.keep(&self.state_dir)?;
        Ok(Bundle { sha256: activation.bundle.clone(), rules })
    }
}

impl Bundles for Kept {
    fn load(&self, hash: &str) -> Option<Bundle> {
        match load_bundle(&self.state_dir, &self.settings, hash) {
            Ok(bundle) => Some(bundle),
            Err(RunError::Stop { code, reason }) => {
                self.changed.replace(Some(RunError::Stop { code, reason }));
                None
            }
            Err(RunError::Rules(problems)) => {
                tracing::error!(bundle = hash, "a kept bundle no longer compiles: {problems}");
                None
            }
            Err(error) => {
                tracing::error!(code = error.code(), "{error}");
                None
            }
        }
    }

    fn admit(&mut self, activation: &Activation) -> Result<Bundle, NotAdmitted> {
        self.admitted(activation).map_err(|error| {
            let reason = match &error {
                RunError::Rules(problems) => format!("{error}: {problems}"),
                _ => error.to_string(),
            };
            let code = match (error.code(), &activation.file) {
                // The folder of bundles is fine; this one is not in it.
                ("rules_unreadable", None) => "bundle_missing",
                (code, _) => code,
            };
            NotAdmitted { code, reason }
        })
    }
}

#[cfg(test)]
mod tests;
