//! From sources to a rule set: read every file, check every rule, keep what is deployed.

mod kept;
mod place;
mod shelf;

use crate::check::analysis::COST_MAX;
use crate::check::condition::{Env, indicator, suppressor};
use crate::check::deploy::{Idle, RuleSetFile, Typologies, ruleset};
use crate::check::forbidden;
use crate::check::modifier::{Known, modifier};
use crate::check::pool::{Lists, Pool, index};
use crate::check::typology::{Rules, typology};
use crate::diagnostic::{Diagnostics, RuleError, Severity};
use crate::lock::Lock;
use crate::program::{
    Condition, Far, Indicator, IndicatorId, Linked, List, Literal, Modifier, Need, Piece, RuleSet,
    Suppressor, SuppressorId, Template, Typology,
};
use crate::read::{Cx, Fields};
use crate::source::{FILE_BYTES_MAX, Sources};
use crate::yaml::{self, Node};
use palermo_domain::alert::Mode;
use palermo_domain::{Span, Subject};
use place::{On, Place, placed};
pub use shelf::Shelf;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Bounds of the engine that rules must respect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long payments are kept (`state.horizon`): the longest window of an indicator.
    pub horizon: Span,
    /// How long hits are kept (`state.evidence_horizon`): the longest window of a typology.
    pub evidence_horizon: Span,
    /// The highest static cost of all rules of a set together (E113).
    pub cost: u64,
}

impl Limits {
    /// What all rules of a set may cost together, unless somebody asks for more on purpose.
    pub const COST: u64 = COST_MAX;
}

/// Values that replace those of the files, by rule id and parameter name without `$`.
pub type Overrides = BTreeMap<(String, String), Literal>;

/// A rule set, what was left out of it, and what a person should look at.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rule set.
    pub rules: RuleSet,
    /// Typologies of the folder that are off in this environment: id, version and reason.
    pub off: Vec<(String, String, String)>,
    /// Typologies that are deployed and cannot run with the packs that are on: id, version and reason.
    pub idle: Vec<(String, String, String)>,
    /// Warnings.
    pub warnings: Diagnostics,
}

/// Checks every file and compiles what `ruleset.yaml` deploys in `environment`.
pub fn compile(
    sources: &Sources,
    environment: &str,
    limits: &Limits,
) -> Result<Compiled, Diagnostics> {
    compile_with(sources, Some(environment), limits, &Overrides::new())
}

/// Checks every file and compiles every rule as live; for tests of single rules. `ruleset.yaml`
/// may be missing.
pub fn compile_all(sources: &Sources, limits: &Limits) -> Result<Compiled, Diagnostics> {
    compile_with(sources, None, limits, &Overrides::new())
}

/// As [`compile`] (or [`compile_all`] where `environment` is `None`), with parameters replaced;
/// a value may leave its declared range. The hash of the rule set stays that of the sources.
pub fn compile_with(
    sources: &Sources,
    environment: Option<&str>,
    limits: &Limits,
    overrides: &Overrides,
) -> Result<Compiled, Diagnostics> {
    compile_and_lock(sources, environment, limits, overrides).map(|(program, _)| program)
}

/// Checks every file and compiles every rule that runs where these packs are on, as live. The lists are
/// those of the sources.
pub(crate) fn compile_placed(
    sources: &Sources,
    packs: &BTreeSet<String>,
    limits: &Limits,
    overrides: &Overrides,
) -> Result<Compiled, Diagnostics> {
    compile_in(sources, (None, Place::Packs(packs)), limits, overrides).map(|(program, _)| program)
}

/// The program, and what a lock would say of the folder now.
pub(crate) fn compile_and_lock(
    sources: &Sources,
    environment: Option<&str>,
    limits: &Limits,
    overrides: &Overrides,
) -> Result<(Compiled, Lock), Diagnostics> {
    let place = environment.map_or(Place::Everywhere, |_| Place::RuleSet);
    compile_in(sources, (environment, place), limits, overrides)
}

fn compile_in(
    sources: &Sources,
    (environment, place): (Option<&str>, Place<'_>),
    limits: &Limits,
    overrides: &Overrides,
) -> Result<(Compiled, Lock), Diagnostics> {
    let mut folder = Folder::read(sources);
    // What names a rule that cannot be read would be wrong as well, and hide the cause.
    if folder.files.iter().any(|file| file.root_unreadable) {
        folder.files.retain(|file| file.root_unreadable);
        return Err(Diagnostics::new(folder.into_errors()));
    }
    let (lists, on) = folder.lists(place);
    let (mut program, now) = folder.check((&lists, &on), limits, overrides, environment);
    if let Some((path, text)) = sources.lock().filter(|_| overrides.is_empty()) {
        folder.hold_to(path, text, &now);
    }
    if sources.tests().next().is_some() {
        folder.check_tests(sources);
    }
    let (errors, warnings): (Vec<RuleError>, Vec<RuleError>) =
        folder.into_errors().into_iter().partition(|error| error.severity == Severity::Error);
    if !errors.is_empty() {
        return Err(Diagnostics::new(errors));
    }
    program.warnings = Diagnostics::new(warnings);
    program.rules.sha256 = sources.sha256();
    Ok((program, now))
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Indicator,
    Suppressor,
    Typology,
    Modifier,
    RuleSet,
    List,
    Unknown,
}

impl What {
    const fn is_rule(self) -> bool {
        matches!(self, Self::Indicator | Self::Suppressor | Self::Typology | Self::Modifier)
    }
}

struct File {
    cx: Cx,
    root_unreadable: bool,
    root: Node,
    what: What,
    id: String,
    version: String,
}

/// Every file of a folder, read.
struct Folder {
    files: Vec<File>,
    /// Lists as their files have them, packs apart.
    written_lists: Vec<List>,
}

impl Folder {
    fn read(sources: &Sources) -> Self {
        let files = sources.rules().map(|(path, text)| File::read(path, text)).collect();
        Self { files, written_lists: Vec::new() }
    }

    fn into_errors(self) -> Vec<RuleError> {
        self.files.into_iter().flat_map(|file| file.cx.errors).collect()
    }

    fn of(&mut self, what: What) -> impl Iterator<Item = &mut File> {
        self.files.iter_mut().filter(move |file| file.what == what)
    }

    /// Whether every file could be read far enough to know its id.
    fn complete(&self) -> bool {
        self.files.iter().all(|file| {
            file.what != What::Unknown
                && (!file.what.is_rule() || crate::check::head::is_id(&file.id))
                && !file.root_unreadable
        })
    }

    fn ids(&self, what: What) -> BTreeSet<String> {
        let files = self.files.iter().filter(|file| file.what == what);
        files.map(|file| file.id.clone()).collect()
    }

    fn check(
        &mut self,
        (lists, on): (&Lists, &On),
        limits: &Limits,
        overrides: &Overrides,
        environment: Option<&str>,
    ) -> (Compiled, Lock) {
        self.duplicates();
        let ids = self.ids(What::Indicator);
        let mut pool = Pool::new(lists, &ids);
        let mut env = Env { pool: &mut pool, lists, limits, overrides };
        let all = self.conditions(&mut env);
        self.asked(&all);
        let typologies = self.typologies(&mut env, &all);
        let typology_ids = self.ids(What::Typology);
        let modifiers = self.modifiers(&mut env, &typology_ids);
        let off = self.off(on);
        let idle = self.idle(&typologies, &all, &off, on);
        let ruleset = self.ruleset(environment, &typologies, &idle);
        let too_many = pool.selection_count() > usize::from(u16::MAX) || all.cost() > limits.cost;
        if too_many {
            self.too_costly(&all, limits.cost);
        }
        let now = Lock::of_parts(all.each(), &typologies, &modifiers, self.locked_lists(&pool));
        if environment.is_none() && on.is_none() {
            return (all.with(typologies, modifiers, pool, ruleset), now);
        }
        let (deployed, left) = match environment {
            Some(_) => deployed(&ruleset, typologies),
            None => (typologies, Off::new()),
        };
        let (deployed, idle) = placed(deployed, &all, &off, &idle);
        // Again, with only what is deployed: positions and selections are those of the program.
        let mut pool = Pool::new(lists, &ids).without(off.clone());
        let mut env = Env { pool: &mut pool, lists, limits, overrides };
        let mut used = used(&all, &deployed, &off);
        // A modifier follows the typologies that it applies to.
        let follows = |of: &&Modifier| {
            !off.contains(&of.id) && deployed.iter().any(|rule| of.applies_to.contains(&rule.id))
        };
        used.extend(modifiers.iter().filter(follows).map(|of| of.id.clone()));
        let mut scratch = self.restricted(&used);
        let conditions = scratch.conditions(&mut env);
        let modifiers = scratch.modifiers(&mut env, &typology_ids);
        let deployed = renumbered(deployed, &all, &conditions);
        (Compiled { off: left, idle, ..conditions.with(deployed, modifiers, pool, ruleset) }, now)
    }

    /// A copy of the files of these rules, with nothing reported yet.
    fn restricted(&self, used: &BTreeSet<String>) -> Self {
        let wanted = |file: &&File| file.what.is_rule() && used.contains(&file.id);
        let copy = |file: &File| File {
            cx: Cx::new(file.cx.path(), file.cx.text()),
            root_unreadable: file.root_unreadable,
            root: file.root.clone(),
            what: file.what,
            id: file.id.clone(),
            version: file.version.clone(),
        };
        let files = self.files.iter().filter(wanted).map(copy).collect();
        Self { files, written_lists: Vec::new() }
    }

    fn duplicates(&mut self) {
        let mut seen: BTreeMap<String, (String, String)> = BTreeMap::new();
        for file in &mut self.files {
            if file.id.is_empty() {
                continue;
            }
            // Versions of a typology may stand side by side: champion and challenger.
            let key = match file.what {
                What::Typology => format!("{}@{}", file.id, file.version),
                _ => file.id.clone(),
            };
            let path = file.cx.path().to_owned();
            match seen.get(&key) {
                None => {
                    seen.insert(key, (path, file.id.clone()));
                }
                Some((earlier, _)) => {
                    let range = id_range(&file.root);
                    let message = format!("id `{}` is already used by {earlier}", file.id);
                    file.cx.error("E170", &range, message, "choose another id");
                }
            }
        }
    }

    fn conditions(&mut self, env: &mut Env<'_, '_>) -> Conditions {
        let mut all = Conditions::default();
        self.files.sort_by(|a, b| a.id.cmp(&b.id));
        for file in self.of(What::Indicator) {
            all.indicators.extend(indicator(&mut file.cx, &file.root, env));
        }
        for file in self.of(What::Suppressor) {
            all.suppressors.extend(suppressor(&mut file.cx, &file.root, env));
        }
        all
    }

    /// What indicators ask of each other: of accounts, and in no circle.
    fn asked(&mut self, all: &Conditions) {
        let of = |id: &str| all.indicators.iter().find(|rule| rule.condition.id == id);
        let mut wrong: Vec<(String, &str, String, String)> = Vec::new();
        for rule in &all.indicators {
            let condition = &rule.condition;
            for (_, id) in &condition.asks {
                let Some(asked) = of(id) else { continue };
                let subjects = [condition.subject, asked.condition.subject];
                if subjects.iter().any(|subject| *subject != Subject::Account) {
                    let message = format!("`{id}` is asked for, and not both are about accounts");
                    let help = "`holds` asks about the account of an end".to_owned();
                    wrong.push((condition.id.clone(), "E103", message, help));
                }
            }
            if let Some(circle) =
                circle(&condition.id, &|id| all.asks(id).map(str::to_owned).collect())
            {
                let message = format!("indicators ask for each other in a circle: {circle}");
                let help = "take one `holds` out, or write what it means as a measure".to_owned();
                wrong.push((condition.id.clone(), "E171", message, help));
            }
        }
        for (id, code, message, help) in wrong {
            let Some(file) = self.of(What::Indicator).find(|file| file.id == id) else { continue };
            let range = id_range(&file.root);
            file.cx.error(code, &range, message, help);
        }
    }

    fn typologies(&mut self, env: &mut Env<'_, '_>, all: &Conditions) -> Vec<Typology> {
        let (indicator_ids, suppressor_ids, typology_ids) =
            (self.ids(What::Indicator), self.ids(What::Suppressor), self.ids(What::Typology));
        let rules = Rules {
            indicators: &all.indicators,
            suppressors: &all.suppressors,
            indicator_ids: &indicator_ids,
            suppressor_ids: &suppressor_ids,
            typology_ids: &typology_ids,
            complete: self.complete(),
        };
        let files = self.of(What::Typology);
        let mut typologies: Vec<Typology> =
            files.filter_map(|file| typology(&mut file.cx, &file.root, env, &rules)).collect();
        typologies.sort_by(|a, b| (&a.id, &a.version).cmp(&(&b.id, &b.version)));
        self.strata(&typologies);
        typologies
    }

    fn modifiers(&mut self, env: &mut Env<'_, '_>, typologies: &BTreeSet<String>) -> Vec<Modifier> {
        let known = Known { typologies, complete: self.complete() };
        let files = self.of(What::Modifier);
        files.filter_map(|file| modifier(&mut file.cx, &file.root, env, &known)).collect()
    }

    /// Typologies look for each other on linked accounts, and in no circle.
    fn strata(&mut self, all: &[Typology]) {
        let asks = |id: &str| {
            let named = all.iter().filter(move |rule| rule.id == id);
            named.flat_map(Typology::typologies).map(str::to_owned).collect::<Vec<_>>()
        };
        for rule in all {
            let Some(circle) = circle(&rule.id, &asks) else { continue };
            let Some(file) = self
                .of(What::Typology)
                .find(|file| (&file.id, &file.version) == (&rule.id, &rule.version))
            else {
                continue;
            };
            let range = id_range(&file.root);
            let message = format!("typologies rest on each other in a circle: {circle}");
            let help = "name indicators in one of the `linked(…)` instead";
            file.cx.error("E172", &range, message, help);
        }
    }

    fn ruleset(
        &mut self,
        environment: Option<&str>,
        checked: &[Typology],
        idle: &Idle,
    ) -> RuleSetFile {
        let all = self.of(What::Typology).map(|file| (file.id.clone(), file.version.clone()));
        let all = all.collect();
        let anchors = checked.iter().map(|rule| (rule.id.clone(), rule.anchor)).collect();
        let typologies = Typologies { idle, all, anchors, complete: self.complete() };
        let mut read = None;
        let mut found = false;
        for file in self.of(What::RuleSet) {
            if found {
                let message = "a second rule set in one folder";
                file.cx.error("E170", &id_range(&file.root), message, "keep one of the two");
                continue;
            }
            found = true;
            read = ruleset(&mut file.cx, &file.root, environment, &typologies);
        }
        if !found && environment.is_some() {
            let mut file = File::read("rules/ruleset.yaml", "");
            file.cx.errors.clear();
            let help = "add `ruleset.yaml` with `kind: RuleSet` and what it deploys";
            file.cx.error("E106", &(0..0), "there is no rule set", help);
            self.files.push(file);
        }
        read.unwrap_or_default()
    }

    fn too_costly(&mut self, all: &Conditions, most: u64) {
        let mut costs: Vec<(u64, &str)> =
            all.each().map(|condition| (cost(condition), condition.id.as_str())).collect();
        costs.sort_by(|a, b| b.cmp(a));
        let worst: Vec<String> =
            costs.iter().take(3).map(|(cost, id)| format!("`{id}` ({cost})")).collect();
        let Some(file) =
            costs.first().and_then(|(_, id)| self.files.iter_mut().find(|file| file.id == **id))
        else {
            return;
        };
        let message = format!("the rules cost {} of at most {most}", all.cost());
        let help = format!("the costliest are {}", worst.join(", "));
        let range = id_range(&file.root);
        file.cx.error("E113", &range, message, help);
    }

    /// Whether every rule has its tests beside it.
    fn check_tests(&mut self, sources: &Sources) {
        for file in &mut self.files {
            if !file.what.is_rule() {
                continue;
            }
            let path = file.cx.path();
            let stem = path.strip_suffix(".yaml").or(path.strip_suffix(".yml")).unwrap_or(path);
            let beside = format!("{stem}.test.yaml");
            if sources.get(&beside).is_none() {
                let message = format!("`{}` has no tests beside it", file.id);
                let help =
                    format!("write `{beside}`: one positive, `boundary: auto`, one negative");
                let range = id_range(&file.root);
                file.cx.error("E160", &range, message, help);
            }
        }
    }
}

impl File {
    fn read(path: &str, text: &str) -> Self {
        let mut cx = Cx::new(path, text);
        let root = root(&mut cx);
        let root_unreadable = !cx.errors.is_empty();
        let what = what(&mut cx, &root, root_unreadable);
        forbidden::scan(&mut cx, &root);
        let text_of =
            |key: &str| root.at(key).and_then(Node::scalar).unwrap_or_default().to_owned();
        let id = if what.is_rule() { text_of("id") } else { String::new() };
        let version = text_of("version");
        Self { cx, root_unreadable, root, what, id, version }
    }
}

/// The tree of a file; an empty one where it cannot be read.
pub(crate) fn root(cx: &mut Cx) -> Node {
    let empty = || Node { range: 0..0, value: yaml::Value::Map(Vec::new()) };
    if cx.text().len() > FILE_BYTES_MAX {
        let message = format!("the file is longer than {FILE_BYTES_MAX} bytes");
        cx.error("E100", &(0..0), message, "split it");
        return empty();
    }
    let text = cx.text().to_owned();
    match yaml::parse(&text) {
        Ok(root) => root,
        Err(error) => {
            let help = "quote texts that hold `: `, `#` or begin with a sign";
            cx.error("E100", &error.range, error.message, help);
            empty()
        }
    }
}

fn what(cx: &mut Cx, root: &Node, unreadable: bool) -> What {
    let yaml::Value::Map(entries) = &root.value else {
        let help = "a rule file is made of `key: value` lines";
        cx.error(
            "E107",
            &root.range,
            format!("expected a mapping, found {}", root.describe()),
            help,
        );
        return What::Unknown;
    };
    let Some((_, kind)) = entries.iter().find(|(key, _)| key.text == "kind") else {
        if entries.iter().any(|(key, _)| key.text == "list") {
            return What::List;
        }
        if !unreadable && let Some(fields) = Fields::any(cx, root, "a rule file") {
            fields.need(cx, "kind");
        }
        return What::Unknown;
    };
    let known = ["Indicator", "Suppressor", "Typology", "Modifier", "RuleSet"];
    let word = cx.word(kind, "kind of rule", &known, |word| match word {
        "Indicator" => Some(What::Indicator),
        "Suppressor" => Some(What::Suppressor),
        "Typology" => Some(What::Typology),
        "RuleSet" => Some(What::RuleSet),
        "Modifier" => Some(What::Modifier),
        _ => None,
    });
    word.unwrap_or(What::Unknown)
}

/// Where the id of a rule is written, else its first key.
fn id_range(root: &Node) -> Range<usize> {
    value_range(root, "id")
}

/// Where the version is written, else the first key.
fn version_range(root: &Node) -> Range<usize> {
    value_range(root, "version")
}

fn value_range(root: &Node, wanted: &str) -> Range<usize> {
    let yaml::Value::Map(entries) = &root.value else { return 0..0 };
    let value = root.at(wanted).map(|node| node.range.clone());
    value.or(entries.first().map(|(key, _)| key.range.clone())).unwrap_or(0..0)
}

/// Indicators and suppressors, in order of id.
#[derive(Debug, Default)]
struct Conditions {
    indicators: Vec<Indicator>,
    suppressors: Vec<Suppressor>,
}

impl Conditions {
    fn each(&self) -> impl Iterator<Item = &Condition> {
        let indicators = self.indicators.iter().map(|indicator| &indicator.condition);
        indicators.chain(self.suppressors.iter().map(|suppressor| &suppressor.condition))
    }

    fn asks(&self, id: &str) -> impl Iterator<Item = &str> {
        let rule = self.indicators.iter().find(|rule| rule.condition.id == id);
        rule.into_iter().flat_map(|rule| &rule.condition.asks).map(|(_, id)| id.as_str())
    }

    fn cost(&self) -> u64 {
        self.each().map(cost).fold(0, u64::saturating_add)
    }

    fn with(
        self,
        typologies: Vec<Typology>,
        modifiers: Vec<Modifier>,
        pool: Pool<'_>,
        ruleset: RuleSetFile,
    ) -> Compiled {
        let (selections, lists) = pool.finish();
        let rules = RuleSet {
            name: ruleset.name,
            version: ruleset.version,
            sha256: String::new(),
            indicators: self.indicators,
            suppressors: self.suppressors,
            typologies,
            modifiers,
            selections,
            lists,
            suppressions: ruleset.suppressions,
        };
        Compiled { rules, off: Vec::new(), idle: Vec::new(), warnings: Diagnostics::default() }
    }
}

/// A way from an id back to itself over what each asks for, as text.
fn circle(id: &str, asks: &dyn Fn(&str) -> Vec<String>) -> Option<String> {
    let mut from: BTreeMap<String, String> = BTreeMap::new();
    let mut next = vec![id.to_owned()];
    while let Some(here) = next.pop() {
        for asked in asks(&here) {
            if asked == id {
                let mut way = vec![id.to_owned(), here];
                while let Some(before) = from.get(way.last()?) {
                    way.push(before.clone());
                }
                way.reverse();
                return Some(way.join(" -> "));
            }
            if !from.contains_key(&asked) {
                from.insert(asked.clone(), here.clone());
                next.push(asked);
            }
        }
    }
    None
}

/// The static cost of a condition: every measure once.
fn cost(condition: &Condition) -> u64 {
    condition.measures.iter().map(|measure| u64::from(measure.cost)).fold(1, u64::saturating_add)
}

type Off = Vec<(String, String, String)>;

fn deployed(ruleset: &RuleSetFile, all: Vec<Typology>) -> (Vec<Typology>, Off) {
    let (mut kept, mut off) = (Vec::new(), Vec::new());
    for typology in all {
        let entry = ruleset
            .deployed
            .iter()
            .find(|entry| (&entry.id, &entry.version) == (&typology.id, &typology.version));
        match entry {
            Some(entry) => match entry.mode {
                Some(mode) => kept.push(Typology { mode, ..typology }),
                None => off.push((typology.id, typology.version, entry.reason.clone())),
            },
            None => kept.push(Typology { mode: Mode::Shadow, ..typology }),
        }
    }
    (kept, off)
}

/// Ids of the indicators and suppressors that these typologies name.
fn used(all: &Conditions, typologies: &[Typology], off: &BTreeSet<String>) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for typology in typologies {
        for id in typology.indicators() {
            ids.extend(all.indicators.get(usize::from(id.0)).map(|i| i.condition.id.clone()));
        }
        for id in &typology.suppress {
            ids.extend(all.suppressors.get(usize::from(id.0)).map(|s| s.condition.id.clone()));
        }
    }
    // And what those ask for, to the end.
    let mut next: Vec<String> = ids.iter().cloned().collect();
    while let Some(id) = next.pop() {
        for asked in all.asks(&id).filter(|asked| !off.contains(*asked)) {
            if ids.insert(asked.to_owned()) {
                next.push(asked.to_owned());
            }
        }
    }
    ids
}

/// The typologies with positions in `to` instead of `from`.
fn renumbered(typologies: Vec<Typology>, from: &Conditions, to: &Conditions) -> Vec<Typology> {
    let indicator = |id: IndicatorId| {
        let name = from.indicators.get(usize::from(id.0)).map(|i| &i.condition.id);
        let at = to.indicators.iter().position(|i| Some(&i.condition.id) == name);
        IndicatorId(index(at.unwrap_or(usize::MAX)))
    };
    let suppressor = |id: SuppressorId| {
        let name = from.suppressors.get(usize::from(id.0)).map(|s| &s.condition.id);
        let at = to.suppressors.iter().position(|s| Some(&s.condition.id) == name);
        SuppressorId(index(at.unwrap_or(usize::MAX)))
    };
    let piece = |piece: Piece| match piece {
        Piece::Of(id, measure) => Piece::Of(indicator(id), measure),
        piece => piece,
    };
    let far = |linked: Linked| Linked {
        far: linked
            .far
            .into_iter()
            .map(|far| match far {
                Far::Indicator(id) => Far::Indicator(indicator(id)),
                far @ Far::Typology(_) => far,
            })
            .collect(),
        ..linked
    };
    let each = |ids: Vec<IndicatorId>| ids.into_iter().map(indicator).collect();
    typologies
        .into_iter()
        .map(|typology| Typology {
            require: typology.require.map(&|need| match need {
                Need::Here(id) => Need::Here(indicator(id)),
                linked @ Need::Linked(_) => linked,
            }),
            linked: typology.linked.into_iter().map(far).collect(),
            required: each(typology.required),
            boost: each(typology.boost),
            suppress: typology.suppress.into_iter().map(suppressor).collect(),
            headline: Template(typology.headline.0.into_iter().map(piece).collect()),
            ..typology
        })
        .collect()
}
