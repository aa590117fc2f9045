//! The bundle: everything that decides results, under one hash (DESIGN §7).
//!
//! A [`BundleFiles`] holds the rule folder's YAML (rules, lists, `ruleset.yaml`; tests decide
//! nothing and stay out) and one file `settings` with the deciding keys of the configuration. Its
//! SHA-256 goes over every path, length and byte in path order, so the same content has the same
//! hash on every machine, whatever the folder is called.
//!
//! Kept in `state.dir/bundles/<sha256>/`: written under a temporary name, synced, renamed. Loading
//! hashes again: a bundle is what its name says, or an error.
//!
//! As one file, with a signature, it travels (module `file`).
//!
//! Cost: one pass over files that are bounded in number, size and depth.

mod file;

pub use file::{BundleFile, SecretKey, Trust};

use crate::config::Config;
use palermo_lang::{Compiled, Diagnostics, LOCK_FILE, Limits, Sources};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Longest rule or list file.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Most files of a rule folder.
const FILES_MAX: usize = 5_000;
/// Deepest folder in a rule folder.
const DEPTH_MAX: usize = 8;
/// Name of the file with the deciding keys.
const SETTINGS: &str = "settings";
/// Folder of the rules inside a bundle, whatever it is called outside.
pub(crate) const RULES: &str = "rules";

/// Why a bundle could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The rule folder cannot be read.
    #[error("cannot read `{path}` (`rules.path`)", path = path.display())]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// Of the system.
        source: io::Error,
    },
    /// A file that is no rule file.
    #[error("`{path}` {problem}", path = path.display())]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The state folder cannot be written.
    #[error("cannot keep the bundle in `{path}` (`state.dir`)", path = path.display())]
    Keep {
        /// Which file or folder.
        path: PathBuf,
        /// Of the system.
        source: io::Error,
    },
    /// A file that is no bundle, or a damaged one.
    #[error("the bundle cannot be used: {0}")]
    File(&'static str),
    /// Nobody signed it.
    #[error(
        "{0} is not signed, and `rules.unsigned` is `refuse`: make a signed bundle with \
         `palermo rules bundle --key`, or, on a machine for development, set `rules.unsigned` to `accept`"
    )]
    Unsigned(&'static str),
    /// It was made with other deciding keys.
    #[error(
        "the bundle was made for other settings: {0}; make it with the configuration of the engines that \
         are to take it"
    )]
    Settings(String),
    /// Nobody is known who could sign.
    #[error(
        "`rules.signed_by` is not given and `rules.unsigned` is `refuse`, so no rules can be used: name the \
         file with the public keys of those who sign rules, or, on a machine for development, set \
         `rules.unsigned` to `accept`"
    )]
    NoKeys,
    /// Somebody signed it who is not known here.
    #[error(
        "the bundle is signed with the key `{key}` and the signature is of none of the keys in \
         `rules.signed_by` ({known})"
    )]
    Signature {
        /// What it says.
        key: String,
        /// What is known.
        known: String,
    },
    /// A file that should hold a key.
    #[error("`{path}` {problem}", path = path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A kept bundle that is not what its name says.
    #[error(
        "the bundle in `{path}` is damaged: its content has the hash `{found}`; \
         restore the folder from a copy or delete it if it is not needed",
        path = path.display()
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// Hash of what it holds.
        found: String,
    },
}

impl BundleError {
    /// Code with a page under `docs/errors/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } | Self::Unfit { .. } => "rules_unreadable",
            Self::Keep { .. } => "state_unwritable",
            Self::File(_) => "bundle_file",
            Self::Unsigned(_) | Self::NoKeys => "rules_unsigned",
            Self::Settings(_) => "deciding_key_changed",
            Self::Signature { .. } => "bundle_signature",
            Self::Key { .. } => "keys_unreadable",
            Self::Damaged { .. } => "bundle_damaged",
        }
    }
}

/// The files of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFiles {
    files: BTreeMap<String, String>,
}

impl BundleFiles {
    /// What the configuration asks for now.
    ///
    /// # Errors
    /// A rule folder that cannot be read, or holds what is no rule file.
    pub fn gather(config: &Config) -> Result<Self, BundleError> {
        let mut files = read_rules(&config.rules_path, RULES, false)?;
        files.insert(SETTINGS.to_owned(), config.deciding().to_owned());
        Ok(Self { files })
    }

    /// A bundle from texts in memory: rules by path (`rules/…`) and the deciding keys.
    pub fn new(rules: &Sources, config: &Config) -> Self {
        let own = |(path, text): (&str, &str)| (path.to_owned(), text.to_owned());
        let mut files: BTreeMap<String, String> =
            rules.iter().filter(|(path, _)| !is_test(path)).map(own).collect();
        files.insert(SETTINGS.to_owned(), config.deciding().to_owned());
        Self { files }
    }

    /// The hash (lower-case hex) of every path and byte.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"palermo bundle 1\n");
        for (path, text) in &self.files {
            for part in [path, text] {
                hash.update(part.len().to_string());
                hash.update(b"\n");
                hash.update(part);
            }
        }
        hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The deciding keys, one `key: value` a line.
    pub fn settings(&self) -> &str {
        self.files.get(SETTINGS).map_or("", String::as_str)
    }

    /// One deciding key.
    pub fn setting(&self, key: &str) -> Option<&str> {
        let line = |line: &'_ str| -> Option<(usize, usize)> {
            let rest = line.strip_prefix(key)?.strip_prefix(": ")?;
            Some((line.len().checked_sub(rest.len())?, line.len()))
        };
        self.settings().lines().find_map(|text| line(text).and_then(|(a, b)| text.get(a..b)))
    }

    /// The rules and lists.
    pub fn sources(&self) -> Sources {
        let rules = self.files.iter().filter(|(path, _)| *path != SETTINGS);
        Sources::new(rules.map(|(path, text)| (path.clone(), text.clone())).collect())
    }

    /// Compiles the rules with the bundle's own settings.
    ///
    /// # Errors
    /// What is wrong with the rules.
    pub fn compile(&self) -> Result<Compiled, Diagnostics> {
        let environment = self.setting("rules.environment").unwrap_or("prod");
        palermo_lang::compile(&self.sources(), environment, &self.limits())
    }

    /// The horizons of the bundle's settings.
    pub fn limits(&self) -> Limits {
        let span = |key| {
            let text = self.setting(key).unwrap_or("");
            palermo_domain::Span::parse(text).unwrap_or(palermo_domain::Span::ZERO)
        };
        Limits {
            horizon: span("state.horizon"),
            evidence_horizon: span("state.evidence_horizon"),
            cost: Limits::COST,
        }
    }

    /// Keeps the bundle under its hash; does nothing where it is kept already and sound.
    ///
    /// # Errors
    /// A folder that cannot be written, or a damaged bundle of that name.
    pub fn store(&self, state_dir: &Path) -> Result<PathBuf, BundleError> {
        let sha256 = self.sha256();
        let home = state_dir.join("bundles");
        let place = home.join(&sha256);
        if place.is_dir() {
            return Self::load(state_dir, &sha256).map(|_| place);
        }
        let wrap = |path: &Path| {
            let path = path.to_path_buf();
            move |source| BundleError::Keep { path, source }
        };
        let temporary = home.join(format!(".{sha256}.{}", std::process::id()));
        self.write(&temporary).map_err(wrap(&temporary))?;
        match fs::rename(&temporary, &place) {
            Ok(()) => {}
            // Somebody else was faster; theirs is checked.
            Err(_) if place.is_dir() => {
                fs::remove_dir_all(&temporary).map_err(wrap(&temporary))?;
                Self::load(state_dir, &sha256)?;
            }
            Err(error) => return Err(wrap(&place)(error)),
        }
        sync_folder(&home).map_err(wrap(&home))?;
        // What would not be found again as it is must not come into force.
        Self::load(state_dir, &sha256).map(|_| place)
    }

    fn write(&self, folder: &Path) -> io::Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        for (path, text) in &self.files {
            let path = folder.join(path);
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent)?;
            let mut file = File::create(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            sync_folder(parent)?;
        }
        sync_folder(folder)
    }

    /// Reads a kept bundle and checks that it is what its name says.
    ///
    /// # Errors
    /// A bundle that is missing, unreadable or damaged.
    pub fn load(state_dir: &Path, sha256: &str) -> Result<Self, BundleError> {
        let place = place_of(state_dir, sha256);
        let mut files = read_rules(&place.join(RULES), RULES, true)?;
        let settings = place.join(SETTINGS);
        files.insert(SETTINGS.to_owned(), read_file(&settings)?);
        let bundle = Self { files };
        let found = bundle.sha256();
        if found == sha256 { Ok(bundle) } else { Err(BundleError::Damaged { path: place, found }) }
    }

    /// Hashes of the bundles that are kept, sound or not.
    pub fn kept(state_dir: &Path) -> Vec<String> {
        let is_hash = |name: &str| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
        let Ok(entries) = fs::read_dir(state_dir.join("bundles")) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut hashes: Vec<String> = names.filter(|name| is_hash(name)).collect();
        hashes.sort();
        hashes
    }
}

/// Every YAML file under a rule folder by its path, `prefix/…`; with `tests` also test files.
///
/// # Errors
/// A folder that cannot be read, or holds what is no rule file.
pub fn read_rules(
    folder: &Path,
    prefix: &str,
    tests: bool,
) -> Result<BTreeMap<String, String>, BundleError> {
    let mut files = BTreeMap::new();
    walk(folder, prefix, tests, 0, &mut files)?;
    Ok(files)
}

fn walk(
    folder: &Path,
    prefix: &str,
    tests: bool,
    depth: usize,
    files: &mut BTreeMap<String, String>,
) -> Result<(), BundleError> {
    let wrap = |source| BundleError::Read { path: folder.to_path_buf(), source };
    let unfit = |path: PathBuf, problem| Err(BundleError::Unfit { path, problem });
    if depth > DEPTH_MAX {
        return unfit(folder.to_path_buf(), "is nested too deeply for a rule folder");
    }
    for entry in fs::read_dir(folder).map_err(wrap)? {
        let entry = entry.map_err(wrap)?;
        let path = entry.path();
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            return unfit(path, "has a name that is not UTF-8");
        };
        let inner = format!("{prefix}/{name}");
        if name.starts_with('.') {
            continue;
        }
        let meta = fs::metadata(&path)
            .map_err(|source| BundleError::Read { path: path.clone(), source })?;
        if meta.is_dir() {
            walk(&path, &inner, tests, depth.saturating_add(1), files)?;
        } else if name == LOCK_FILE || (is_yaml(&name) && (tests || !is_test(&name))) {
            if files.len() >= FILES_MAX {
                return unfit(path, "is one file too many for a rule folder");
            }
            files.insert(inner, read_file(&path)?);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<String, BundleError> {
    let wrap = |source| BundleError::Read { path: path.to_path_buf(), source };
    if fs::metadata(path).map_err(wrap)?.len() > FILE_BYTES_MAX {
        let problem = "is longer than 1 MiB, too long for a rule file";
        return Err(BundleError::Unfit { path: path.to_path_buf(), problem });
    }
    String::from_utf8(fs::read(path).map_err(wrap)?)
        .map_err(|_| BundleError::Unfit { path: path.to_path_buf(), problem: "is not UTF-8" })
}

/// Where the bundle with this hash is kept.
fn place_of(state_dir: &Path, sha256: &str) -> PathBuf {
    state_dir.join("bundles").join(sha256)
}

/// Writes beside the file and renames, so that no reader meets half of it.
fn replace_file(path: &Path, text: &str) -> Result<(), BundleError> {
    let wrap = |source| BundleError::Keep { path: path.to_path_buf(), source };
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.and_then(|()| fs::rename(&temporary, path)).map_err(wrap)?;
    sync_folder(path.parent().unwrap_or(path)).map_err(wrap)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn is_test(path: &str) -> bool {
    path.ends_with(".test.yaml") || path.ends_with(".test.yml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Config) {
        let root = tempfile::tempdir().unwrap();
        let rules = root.path().join("my-rules");
        fs::create_dir_all(rules.join("lists")).unwrap();
        fs::write(rules.join("ruleset.yaml"), "name: a\n").unwrap();
        fs::write(rules.join("lists/border.yaml"), "rows: []\n").unwrap();
        fs::write(rules.join("a.test.yaml"), "tests: []\n").unwrap();
        fs::write(rules.join("README.md"), "words").unwrap();
        let mut config = Config::defaults();
        config.rules_path = rules;
        config.state_dir = root.path().join("state");
        (root, config)
    }

    #[test]
    fn a_bundle_comes_back_as_it_was_kept() {
        let (_root, config) = folder();
        let bundle = BundleFiles::gather(&config).unwrap();
        let paths: Vec<&str> = bundle.files.keys().map(String::as_str).collect();
        assert_eq!(paths, ["rules/lists/border.yaml", "rules/ruleset.yaml", "settings"]);
        let sha256 = bundle.sha256();
        let place = bundle.store(&config.state_dir).unwrap();
        assert!(place.ends_with(&sha256));
        bundle.store(&config.state_dir).unwrap();
        assert_eq!(BundleFiles::load(&config.state_dir, &sha256).unwrap(), bundle);
        assert_eq!(BundleFiles::kept(&config.state_dir), [sha256]);
        assert_eq!(bundle.setting("base_currency"), Some("EUR"));
        assert_eq!(bundle.setting("base"), None);
        assert_eq!(bundle.limits().horizon, palermo_domain::Span::from_days(90));
        assert_eq!(BundleFiles::new(&bundle.sources(), &config), bundle);
    }

    #[test]
    fn the_hash_is_of_what_decides_and_nothing_else() {
        let (_root, mut config) = folder();
        let hash = |config: &Config| BundleFiles::gather(config).unwrap().sha256();
        let first = hash(&config);
        fs::write(config.rules_path.join("README.md"), "other words").unwrap();
        fs::write(config.rules_path.join("a.test.yaml"), "tests: [1]\n").unwrap();
        config.task = "palermo-1".to_owned();
        assert_eq!(hash(&config), first);
        fs::write(config.rules_path.join("lists/border.yaml"), "rows: [1]\n").unwrap();
        let second = hash(&config);
        assert_ne!(second, first);
        let text = "base_currency: USD\n";
        let other = Config::parse(text, "f", &crate::ConfigOverrides::default()).unwrap();
        let rules_path = config.rules_path.clone();
        let mut other = other;
        other.rules_path = rules_path;
        assert_ne!(hash(&other), second);
    }

    #[test]
    fn a_changed_byte_or_file_is_damage() {
        let (_root, config) = folder();
        let bundle = BundleFiles::gather(&config).unwrap();
        let place = bundle.store(&config.state_dir).unwrap();
        for (path, text) in [
            ("settings", "base_currency: USD\n"),
            ("rules/ruleset.yaml", "name: b\n"),
            ("rules/new.yaml", "kind: Indicator\n"),
        ] {
            let before = fs::read(place.join(path)).ok();
            fs::write(place.join(path), text).unwrap();
            let error = BundleFiles::load(&config.state_dir, &bundle.sha256()).unwrap_err();
            assert_eq!(error.code(), "bundle_damaged", "{path}");
            assert_eq!(bundle.store(&config.state_dir).unwrap_err().code(), "bundle_damaged");
            match before {
                Some(before) => fs::write(place.join(path), before).unwrap(),
                None => fs::remove_file(place.join(path)).unwrap(),
            }
        }
        BundleFiles::load(&config.state_dir, &bundle.sha256()).unwrap();
        let missing = BundleFiles::load(&config.state_dir, "00").unwrap_err();
        assert_eq!(missing.code(), "rules_unreadable");
    }

    #[test]
    fn a_folder_with_what_is_no_rule_file_is_refused() {
        let (_root, config) = folder();
        let path = config.rules_path.join("long.yaml");
        fs::write(&path, vec![b'a'; 1 << 20 | 1]).unwrap();
        let error = BundleFiles::gather(&config).unwrap_err();
        assert!(error.to_string().ends_with("is longer than 1 MiB, too long for a rule file"));
        fs::write(&path, [0xff, 0xfe]).unwrap();
        let error = BundleFiles::gather(&config).unwrap_err();
        assert!(error.to_string().ends_with("is not UTF-8"), "{error}");
        fs::remove_dir_all(&config.rules_path).unwrap();
        assert_eq!(BundleFiles::gather(&config).unwrap_err().code(), "rules_unreadable");
    }
}
