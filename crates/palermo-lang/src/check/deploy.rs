//! `ruleset.yaml`: which typologies run, how, and the named exceptions.

use crate::check::head::{is_version, region};
use crate::check::text::Source;
use crate::program::{Anchor, Suppression};
use crate::read::{Cx, Fields};
use crate::syntax::{Kind, Op, parse_expression};
use crate::yaml::Node;
use palermo_domain::alert::Mode;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Keys of a rule set.
pub(crate) const KEYS: [&str; 10] = [
    "packs",
    "apiVersion",
    "kind",
    "name",
    "version",
    "engine",
    "lock",
    "deploy",
    "suppressions",
    "approvals",
];

/// A rule set as it is deployed in one environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleSetFile {
    pub name: String,
    pub version: String,
    pub suppressions: Vec<Suppression>,
    /// What the chosen environment deploys.
    pub deployed: Vec<Deployed>,
}

/// One typology version in one environment.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    pub id: String,
    pub version: String,
    /// `None` is off.
    pub mode: Option<Mode>,
    /// Why it is off.
    pub reason: String,
}

/// The regional packs that a rule set switches on; `None` is all of them.
pub(crate) fn packs(
    cx: &mut Cx,
    node: &Node,
    known: &BTreeSet<String>,
) -> Option<BTreeSet<String>> {
    let fields = Fields::any(cx, node, "a rule set")?;
    let items = cx.items(fields.get("packs")?);
    let mut chosen = BTreeSet::new();
    for item in items {
        let read = |word: &str| Some(region(word)).filter(|pack| known.contains(pack));
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        chosen.extend(cx.word(item, "pack", &names, read));
    }
    Some(chosen)
}

/// Typologies that cannot run with the packs that are on, by id and version, with the reason.
pub(crate) type Idle = BTreeMap<(String, String), String>;

/// What `ruleset.yaml` is checked against.
#[derive(Clone, Debug)]
pub(crate) struct Typologies<'t> {
    /// Those that cannot run.
    pub idle: &'t Idle,
    /// Every typology of the folder, `(id, version)`.
    pub all: BTreeSet<(String, String)>,
    /// What those that could be checked are anchored on.
    pub anchors: Vec<(String, Anchor)>,
    /// Every file could be read: one that is not among them is wrong.
    pub complete: bool,
}

/// Reads `ruleset.yaml`. Every environment is checked; `environment` is returned.
pub(crate) fn ruleset(
    cx: &mut Cx,
    node: &Node,
    environment: Option<&str>,
    typologies: &Typologies<'_>,
) -> Option<RuleSetFile> {
    let fields = Fields::open(cx, node, "a rule set", &KEYS, &[])?;
    if let Some(node) = fields.need(cx, "apiVersion") {
        cx.word(node, "version of the format", &["palermo.rules/v1"], |word| {
            (word == "palermo.rules/v1").then_some(())
        });
    }
    let mut text = |key| fields.need(cx, key).and_then(|node| cx.filled(node)).map(str::to_owned);
    let (name, version) = (text("name"), text("version"));
    let suppressions = match fields.get("suppressions") {
        None => Vec::new(),
        Some(node) => {
            let items = cx.items(node);
            items.iter().filter_map(|item| suppression(cx, item, typologies)).collect()
        }
    };
    let deployed = deployments(cx, &fields, environment, typologies);
    Some(RuleSetFile { name: name?, version: version?, suppressions, deployed: deployed? })
}

fn deployments(
    cx: &mut Cx,
    fields: &Fields<'_>,
    environment: Option<&str>,
    typologies: &Typologies<'_>,
) -> Option<Vec<Deployed>> {
    let node = fields.need(cx, "deploy")?;
    let environments = Fields::any(cx, node, "`deploy`")?;
    let mut chosen = None;
    for (key, node) in environments.entries() {
        let deployed = one_environment(cx, node, typologies);
        if environment == Some(key.text.as_str()) {
            chosen = deployed;
        }
    }
    let Some(environment) = environment else { return Some(Vec::new()) };
    if environments.get(environment).is_none() {
        let known = environments.entries().map(|(key, _)| key.text.as_str());
        let known: Vec<&str> = known.collect();
        cx.unknown("E102", &environments.anchor(), "environment", environment, known);
    }
    chosen
}

fn one_environment(cx: &mut Cx, node: &Node, typologies: &Typologies) -> Option<Vec<Deployed>> {
    let known = ["default", "live", "shadow", "off"];
    let fields = Fields::open(cx, node, "an environment", &known, &[])?;
    let mode = |word: &str| match word {
        "live" => Some(Some(Mode::Live)),
        "shadow" => Some(Some(Mode::Shadow)),
        "off" => Some(None),
        _ => None,
    };
    let default = match fields.get("default") {
        Some(node) => cx.word(node, "mode", &["live", "shadow", "off"], mode)?,
        None => Some(Mode::Shadow),
    };
    let mut all: Vec<Deployed> = Vec::new();
    for key in ["live", "shadow", "off"] {
        let Some(node) = fields.get(key) else { continue };
        let mode = mode(key).flatten();
        for item in cx.items(node) {
            let Some((deployed, range)) = entry(cx, item, mode, typologies) else { continue };
            if all.iter().any(|seen| (&seen.id, &seen.version) == (&deployed.id, &deployed.version))
            {
                let message = format!("`{}@{}` is deployed twice", deployed.id, deployed.version);
                cx.error("E108", &range, message, "keep one of the two");
            } else {
                all.push(deployed);
            }
        }
    }
    let listed = |all: &[Deployed], id: &str, version: &str| {
        all.iter().any(|seen| seen.id == id && seen.version == version)
    };
    for (id, version) in &typologies.all {
        if !listed(&all, id, version) {
            let reason = "not named, and the default is off".to_owned();
            let (id, version) = (id.clone(), version.clone());
            all.push(Deployed { id, version, mode: default, reason });
        }
    }
    Some(all)
}

/// `CT-14@1.0.0`, or a mapping with `rule` and more.
fn entry(
    cx: &mut Cx,
    item: &Node,
    mode: Option<Mode>,
    typologies: &Typologies<'_>,
) -> Option<(Deployed, Range<usize>)> {
    let (node, reason) = if item.scalar().is_some() {
        (item, String::new())
    } else {
        let keys = ["rule", "champion", "until", "reason"];
        let fields = Fields::open(cx, item, "a deployment", &keys, &[])?;
        if let Some(node) = fields.get("champion") {
            reference(cx, node, typologies);
        }
        if let Some(node) = fields.get("until") {
            cx.date(node);
        }
        let reason = fields.get("reason").and_then(|node| cx.filled(node)).unwrap_or("");
        (fields.need(cx, "rule")?, reason.to_owned())
    };
    let (id, version) = reference(cx, node, typologies)?;
    let key = (id.clone(), version.clone());
    if let Some(reason) = typologies.idle.get(&key).filter(|_| mode.is_some()) {
        let message = format!("`{id}@{version}` never runs here: {reason}");
        let help = "switch a pack on under `packs`, or take the rule out of this environment";
        cx.error("E173", &node.range, message, help);
    }
    Some((Deployed { id, version, mode, reason }, node.range.clone()))
}

fn reference(cx: &mut Cx, node: &Node, typologies: &Typologies) -> Option<(String, String)> {
    let read = |text: &str| {
        let (id, version) = text.split_once('@')?;
        is_version(version).then(|| (id.to_owned(), version.to_owned()))
    };
    let found = cx.parsed(node, "a rule with its version", "CT-14@1.0.0", read)?;
    if !typologies.all.contains(&found) {
        let known: Vec<String> =
            typologies.all.iter().map(|(id, version)| format!("{id}@{version}")).collect();
        let word = format!("{}@{}", found.0, found.1);
        if typologies.complete {
            cx.unknown("E102", &node.range, "typology", &word, known.iter().map(String::as_str));
        }
        return None;
    }
    Some(found)
}

fn suppression(cx: &mut Cx, item: &Node, typologies: &Typologies) -> Option<Suppression> {
    let keys = ["typology", "when", "reason", "owner", "approved_by", "expires", "sample"];
    let fields = Fields::open(cx, item, "a suppression", &keys, &[])?;
    let mut demanded = |key: &'static str| {
        let node = fields.get(key);
        if node.is_none() {
            let message = format!("a suppression without `{key}`");
            let help = "every exception has a reason, an owner and an end";
            cx.error("E150", &fields.anchor(), message, help);
        }
        node
    };
    let (reason, owner, expires) = (demanded("reason"), demanded("owner"), demanded("expires"));
    let reason = reason.and_then(|node| cx.filled(node));
    let owner = owner.and_then(|node| cx.filled(node));
    let expires = expires.and_then(|node| cx.date(node));
    let approved = fields.get("approved_by").and_then(|node| cx.filled(node));
    if owner.is_some() && (approved.is_none() || approved == owner) {
        let at = fields.get("approved_by").map_or(fields.anchor(), |node| node.range.clone());
        let help = "name somebody else under `approved_by`";
        cx.error("E151", &at, "a suppression needs an approver other than its owner", help);
    }
    let when = fields.need(cx, "when");
    let key = when.and_then(|node| one_key(cx, node));
    let typology = fields.need(cx, "typology").and_then(|node| {
        let id = cx.filled(node)?;
        let known: BTreeSet<&str> = typologies.all.iter().map(|(id, _)| id.as_str()).collect();
        if !known.contains(id) && typologies.complete {
            cx.unknown("E102", &node.range, "typology", id, known);
        }
        Some(id.to_owned())
    });
    if let (Some(typology), Some((key, named)), Some(when)) = (&typology, &key, when) {
        never_applies(cx, when, typology, key, *named, typologies);
    }
    Some(Suppression {
        typology: typology?,
        key: key?.0,
        reason: reason?.to_owned(),
        owner: owner?.to_owned(),
        expires: expires?,
    })
}

/// Refuses an account where every version of the typology is about parties, and the reverse.
fn never_applies(
    cx: &mut Cx,
    when: &Node,
    typology: &str,
    key: &str,
    named: Anchor,
    typologies: &Typologies<'_>,
) {
    let mut anchors = typologies.anchors.iter().filter(|(id, _)| id == typology).peekable();
    if anchors.peek().is_none() || anchors.any(|(_, anchor)| *anchor == named) {
        return;
    }
    let (about, field) = match named {
        Anchor::Account => ("parties", "self.party"),
        Anchor::Party => ("accounts", "self.account"),
    };
    let message = format!("`{typology}` is about {about}: this exception never applies");
    let other = if named == Anchor::Account { "the holder of" } else { "an account of" };
    cx.error("E152", &when.range, message, format!("write `{field} == '…'` with {other} `{key}`"));
}

/// The account or party of `self.account == 'X'`.
fn one_key(cx: &mut Cx, node: &Node) -> Option<(String, Anchor)> {
    let syntax = Source { node }.parse(cx, parse_expression)?;
    if let Kind::Binary(Op::Eq, left, right) = &syntax.kind
        && let Kind::Path(path) = &left.kind
        && ["self.account", "self.party"].contains(&path.join(".").as_str())
        && let Kind::Text(key) = &right.kind
    {
        let party = path.last().is_some_and(|last| last == "party");
        return Some((key.clone(), if party { Anchor::Party } else { Anchor::Account }));
    }
    cx.unsupported(&node.range, "a suppression of more than one account or party");
    None
}
