//! A rule set of a backtest: a folder, a folder as it stands in a commit (`git:REF`), or what a task here runs
//! or ran (`bundle:HASH`).

use crate::exit::{Exit, Failure};
use palermo_backtest::RuleFacts;
use palermo_domain::alert::Mode;
use palermo_engine::Bundle;
use palermo_lang::program::RuleSet;
use palermo_lang::{LOCK_FILE, Library, Limits, Point, Sources, Variants};
use palermo_runtime::{BundleFiles, Config, RunError, read_rules};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// How the origin of a commit begins.
const GIT: &str = "git:";
/// How the origin of a bundle begins that a task here runs, or ran.
const BUNDLE: &str = "bundle:";
/// The prefix of every path of a bundle.
const PREFIX: &str = "rules";

/// A rule set, compiled.
pub(crate) struct RuleSide {
    pub(crate) bundle: Bundle,
    pub(crate) facts: RuleFacts,
    pub(crate) library: Library,
    sources: Sources,
}

impl RuleSide {
    /// Reads and compiles. A version that was changed and not raised is fine here: a change is tried
    /// before it is versioned.
    pub(crate) fn load(origin: &str, config: &Config) -> Result<Self, Failure> {
        let sources = if let Some(place) = origin.strip_prefix(GIT) {
            Sources::new(from_git(place)?)
        } else if let Some(hash) = origin.strip_prefix(BUNDLE) {
            kept(hash, config)?
        } else {
            Sources::new(read_rules(Path::new(origin), PREFIX, true).map_err(RunError::from)?)
        };
        let files = BundleFiles::new(&sources, config);
        let refused = |problems| Failure::from(RunError::Rules(problems));
        let unlocked = sources.without_lock();
        let library = Library::read(&unlocked, &files.limits()).map_err(refused)?;
        let plain = files.sources().without_lock();
        let compiled = palermo_lang::compile(&plain, &config.environment, &files.limits());
        let rules = compiled.map_err(refused)?.rules;
        let live = rules.typologies.iter().filter(|rule| rule.mode == Mode::Live).count();
        let facts = RuleFacts {
            origin: origin.to_owned(),
            name: rules.name.clone(),
            version: rules.version.clone(),
            bundle: files.sha256(),
            typologies: (live, rules.typologies.len().saturating_sub(live)),
            rules: ids(&rules),
        };
        let bundle = Bundle { sha256: files.sha256(), rules };
        Ok(Self { bundle, facts, library, sources: plain })
    }

    /// Ids of the typologies of the folder, deployed or not.
    pub(crate) fn typologies(&self) -> BTreeSet<String> {
        self.library.program.typologies.iter().map(|rule| rule.id.clone()).collect()
    }

    /// Every rule as if it were live.
    pub(crate) fn all_live(&self, config: &Config) -> Result<RuleSet, Failure> {
        let refused = |problems| Failure::from(RunError::Rules(problems));
        palermo_lang::all_live(&self.sources, &limits(config)).map_err(refused)
    }

    /// That there is something that could be found.
    pub(crate) fn must_deploy(&self, config: &Config) -> Result<(), Failure> {
        if !self.bundle.rules.typologies.is_empty() {
            return Ok(());
        }
        let text = format!(
            "`{}` deploys no typology in `{}` (`--environment`): nothing could be found",
            self.facts.origin, config.environment
        );
        Err(Failure::words(Exit::Content, text))
    }

    /// The rules with the points of a sweep beside each other.
    pub(crate) fn variants(
        &self,
        points: &[Point],
        only: &[String],
        config: &Config,
    ) -> Result<Variants, Failure> {
        let known = self.typologies();
        if let Some(unknown) = only.iter().find(|id| !known.contains(*id)) {
            let text = format!("`--typology {unknown}` is no typology of `{}`", self.facts.origin);
            return Err(Failure::words(Exit::Usage, text));
        }
        let only = only.iter().cloned().collect();
        let refused = |problems| Failure::from(RunError::Rules(problems));
        let versions = BTreeMap::new();
        palermo_lang::variants(&self.sources, &limits(config), points, &only, &versions)
            .map_err(refused)
    }

    /// The same of what is deployed, in the versions that are: what is live is counted, what is not
    /// deployed is not there.
    pub(crate) fn variants_deployed(
        &self,
        points: &[Point],
        config: &Config,
    ) -> Result<Variants, Failure> {
        let deployed = &self.bundle.rules.typologies;
        let live = || deployed.iter().filter(|rule| rule.mode == Mode::Live);
        let only = live().map(|rule| rule.id.clone()).collect();
        let shadow = deployed.iter().filter(|rule| rule.mode != Mode::Live);
        let versions: BTreeMap<String, String> =
            shadow.chain(live()).map(|rule| (rule.id.clone(), rule.version.clone())).collect();
        let refused = |problems| Failure::from(RunError::Rules(problems));
        let mut variants =
            palermo_lang::variants(&self.sources, &limits(config), points, &only, &versions)
                .map_err(refused)?;
        let is_deployed = |id: &str| versions.contains_key(palermo_lang::original(id).0);
        variants.rules.typologies.retain(|rule| is_deployed(&rule.id));
        Ok(variants)
    }
}

fn limits(config: &Config) -> Limits {
    let Config { horizon, evidence_horizon, .. } = *config;
    Limits { horizon, evidence_horizon, cost: u64::MAX }
}

/// Ids of everything that is deployed.
fn ids(rules: &RuleSet) -> BTreeSet<String> {
    let indicators = rules.indicators.iter().map(|rule| rule.condition.id.clone());
    let suppressors = rules.suppressors.iter().map(|rule| rule.condition.id.clone());
    let typologies = rules.typologies.iter().map(|rule| rule.id.clone());
    let modifiers = rules.modifiers.iter().map(|rule| rule.id.clone());
    indicators.chain(suppressors).chain(typologies).chain(modifiers).collect()
}

/// The rules of a bundle that a task here has kept, by the beginning of its hash.
fn kept(hash: &str, config: &Config) -> Result<Sources, Failure> {
    let all = BundleFiles::kept(&config.state_dir);
    let found: Vec<&String> = all.iter().filter(|kept| kept.starts_with(hash)).collect();
    let [one] = found.as_slice() else {
        let short = |hash: &String| hash.get(..12).unwrap_or(hash).to_owned();
        let text = format!(
            "`{BUNDLE}{hash}` names {} of the bundles below `{}` (`state.dir`); there are {}",
            if found.is_empty() { "none" } else { "more than one" },
            config.state_dir.display(),
            if all.is_empty() {
                "none".to_owned()
            } else {
                all.iter().map(short).collect::<Vec<_>>().join(", ")
            }
        );
        return Err(Failure::words(Exit::Usage, text));
    };
    Ok(BundleFiles::load(&config.state_dir, one).map_err(RunError::from)?.sources())
}

/// The files of `REF` or `REF:FOLDER` of the repository here; the folder is `rules` unless it is said.
fn from_git(place: &str) -> Result<BTreeMap<String, String>, Failure> {
    let (commit, folder) = place.split_once(':').unwrap_or((place, PREFIX));
    if commit.is_empty() || commit.starts_with('-') {
        let text = format!("`{GIT}{place}` names no commit; write `git:REF` or `git:REF:FOLDER`");
        return Err(Failure::words(Exit::Usage, text));
    }
    let folder = folder.trim_end_matches('/');
    let names = git(&["ls-tree", "-r", "-z", "--name-only", commit, "--", &format!("{folder}/")])?;
    let mut files = BTreeMap::new();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        let inner = name.strip_prefix(folder).unwrap_or(name).trim_start_matches('/');
        let is_rule = inner.ends_with(".yaml") || inner.ends_with(".yml");
        if (is_rule || inner == LOCK_FILE) && !inner.split('/').any(|part| part.starts_with('.')) {
            let text = git(&["show", &format!("{commit}:./{name}")])?;
            files.insert(format!("{PREFIX}/{inner}"), text);
        }
    }
    if files.is_empty() {
        let text = format!("`{GIT}{place}` holds no rule file below `{folder}/`");
        return Err(Failure::words(Exit::Usage, text));
    }
    Ok(files)
}

fn git(arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .map_err(|error| Failure::words(Exit::Environment, format!("cannot run `git`: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let text = format!("`git {}`: {}", arguments.join(" "), said.trim());
        return Err(Failure::words(Exit::Usage, text));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Failure::words(Exit::Usage, "a rule file of that commit is not UTF-8"))
}
