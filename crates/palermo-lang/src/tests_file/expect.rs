//! What a test expects, and under which variations.

use super::{Expect, ExpectAlert, ExpectHit, ExpectHold, ExpectSuppressed, Invariants};
use crate::read::{Cx, Fields};
use crate::yaml::Node;
use palermo_domain::alert::Role;
use palermo_domain::parse_amount;
use std::collections::{BTreeMap, BTreeSet};

const ACTIONS: [&str; 5] = ["created", "updated", "closed", "retracted", "suppressed"];
const LEVELS: [&str; 4] = ["low", "medium", "high", "critical"];

/// Ids of every rule of the folder.
pub(super) type Ids = BTreeSet<String>;

/// Reads `expect:`.
pub(super) fn expect(cx: &mut Cx, node: &Node, ids: &Ids) -> Option<Expect> {
    let keys = ["hits", "holds", "alerts", "suppressed"];
    let fields = Fields::open(cx, node, "`expect`", &keys, &[])?;
    let mut expect = Expect::default();
    if let Some(node) = fields.get("hits") {
        let items = cx.items(node);
        let all = items.iter().filter_map(|item| {
            let (indicator, on) = one(cx, item, "indicator", ids)?;
            Some(ExpectHit { indicator, on })
        });
        expect.hits = Some(all.collect());
    }
    if let Some(node) = fields.get("holds") {
        let items = cx.items(node);
        let all = items.iter().filter_map(|item| {
            let (suppressor, on) = one(cx, item, "suppressor", ids)?;
            Some(ExpectHold { suppressor, on })
        });
        expect.holds = Some(all.collect());
    }
    if let Some(node) = fields.get("alerts") {
        let items = cx.items(node);
        expect.alerts = Some(items.iter().filter_map(|item| alert(cx, item, ids)).collect());
    }
    if let Some(node) = fields.get("suppressed") {
        let items = cx.items(node);
        expect.suppressed =
            Some(items.iter().filter_map(|item| suppressed(cx, item, ids)).collect());
    }
    if expect == Expect::default() {
        let help = "say which `hits`, `holds`, `alerts` or `suppressed` there are; `[]` is none";
        cx.error("E106", &node.range, "`expect` expects nothing", help);
    }
    Some(expect)
}

fn id(cx: &mut Cx, node: &Node, ids: &Ids) -> Option<String> {
    let id = cx.filled(node)?;
    if !ids.contains(id) {
        cx.unknown("E102", &node.range, "rule", id, ids.iter().map(String::as_str));
        return None;
    }
    Some(id.to_owned())
}

fn one(cx: &mut Cx, item: &Node, key: &str, ids: &Ids) -> Option<(String, Option<String>)> {
    let fields = Fields::open(cx, item, "an expectation", &[key, "on"], &[])?;
    let on = fields.get("on").and_then(|node| cx.filled(node)).map(str::to_owned);
    let rule = fields.need(cx, key).and_then(|node| id(cx, node, ids))?;
    Some((rule, on))
}

fn alert(cx: &mut Cx, item: &Node, ids: &Ids) -> Option<ExpectAlert> {
    let keys = ["typology", "action", "on", "indicators", "roles", "level", "score", "modifiers"];
    let fields = Fields::open(cx, item, "an expected alert", &keys, &[])?;
    let typology = fields.need(cx, "typology").and_then(|node| id(cx, node, ids));
    let indicators = fields.get("indicators").map(|node| {
        let items = cx.items(node);
        items.iter().filter_map(|item| id(cx, item, ids)).collect()
    });
    let modifiers = fields.get("modifiers").map(|node| {
        let items = cx.items(node);
        items.iter().filter_map(|item| id(cx, item, ids)).collect()
    });
    let word = |cx: &mut Cx, key, known: &[&str]| {
        let node = fields.get(key)?;
        cx.word(node, key, known, |word| known.contains(&word).then(|| word.to_owned()))
    };
    Some(ExpectAlert {
        typology: typology?,
        action: word(cx, "action", &ACTIONS),
        on: fields.get("on").and_then(|node| cx.filled(node)).map(str::to_owned),
        indicators,
        roles: roles(cx, &fields),
        level: word(cx, "level", &LEVELS),
        score: fields.get("score").and_then(|node| cx.int(node)),
        modifiers,
    })
}

fn roles(cx: &mut Cx, fields: &Fields<'_>) -> BTreeMap<String, Role> {
    let mut all = BTreeMap::new();
    let names = Role::ALL.map(Role::as_str);
    let roles = fields.get("roles").and_then(|node| Fields::any(cx, node, "`roles`"));
    for (key, node) in roles.iter().flat_map(Fields::entries) {
        if let Some(role) = cx.word(node, "role", &names, Role::parse) {
            all.insert(key.text.clone(), role);
        }
    }
    all
}

fn suppressed(cx: &mut Cx, item: &Node, ids: &Ids) -> Option<ExpectSuppressed> {
    let fields = Fields::open(cx, item, "a suppressed finding", &["typology", "by", "on"], &[])?;
    let by = fields.get("by").and_then(|node| id(cx, node, ids));
    let on = fields.get("on").and_then(|node| cx.filled(node)).map(str::to_owned);
    let typology = fields.need(cx, "typology").and_then(|node| id(cx, node, ids))?;
    Some(ExpectSuppressed { typology, by, on })
}

/// Reads `invariants:`, a list of `name: value`.
pub(super) fn invariants(cx: &mut Cx, node: &Node) -> Invariants {
    let keys = ["shuffle_within", "duplicate", "restart_between_every_event", "partitions"];
    let mut all = Invariants::default();
    for item in cx.items(node) {
        let Some(fields) = Fields::open(cx, item, "an invariant", &keys, &[]) else { continue };
        for (key, node) in fields.entries() {
            match key.text.as_str() {
                "shuffle_within" => all.shuffle_within = cx.duration(node),
                "duplicate" => {
                    all.duplicate =
                        cx.parsed(node, "a share", "0.2", |text| parse_amount(text).ok());
                }
                "restart_between_every_event" => {
                    all.restart_between_every_event = cx.boolean(node).unwrap_or(false);
                }
                "partitions" => {
                    let items = cx.items(node);
                    all.partitions = items.iter().filter_map(|item| cx.int(item)).collect();
                }
                _ => {}
            }
        }
    }
    all
}
