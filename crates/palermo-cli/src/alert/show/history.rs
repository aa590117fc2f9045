//! Every revision of an alert, and what changed from one to the next.

use super::{brief, standing};
use crate::alert::document::{Revision, list, moment, money, string, texts};
use crate::alert::mask::Masks;
use crate::alert::page::{Look, Page};
use crate::args::AlertShowArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Shows them, oldest first.
pub(super) fn show(
    revisions: &[Revision],
    arguments: &AlertShowArgs,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let mut page = Page::new(out, arguments.ascii);
    let mut rows: Vec<Value> = Vec::new();
    let mut before: Option<&Revision> = None;
    if let Some(last) = revisions.last() {
        let masks = Masks::unless(arguments.unmask, last);
        let subject = masks.hide(last.anchor());
        let text = format!("{} {}, {subject}", last.typology(), last.text("/title"));
        page.line(format!("{}  {text}", page.paint(Look::Strong, last.id())));
    }
    for revision in revisions {
        let masks = Masks::unless(arguments.unmask, revision);
        let changes = match before {
            Some(before) => changes(before, revision, &masks),
            None => Vec::new(),
        };
        let mut row = brief(revision);
        if let Value::Object(row) = &mut row {
            row.insert("changes".to_owned(), json!(changes));
        }
        rows.push(row);
        let head = format!(
            "revision {}  {}  {} {}  {}",
            revision.number(),
            moment(revision.decided_at()),
            revision.level(),
            revision.score(),
            standing(revision)
        );
        page.gap();
        page.line(page.paint(Look::Strong, &head));
        if before.is_none() {
            page.say("headline", &masks.hide(revision.text("/headline")));
            let held: Vec<String> = indicators(revision).into_keys().collect();
            page.say("held", &held.join(", "));
        } else if changes.is_empty() {
            page.say("", "nothing but its standing");
        }
        for change in &changes {
            page.say("", change);
        }
        before = Some(revision);
    }
    if out.json() {
        let id = revisions.last().map_or("", Revision::id);
        out.json_data(&json!({"id": id, "revisions": rows}));
        return Ok(Exit::Fine);
    }
    page.write(out);
    Ok(Exit::Fine)
}

fn indicators(revision: &Revision) -> BTreeMap<String, String> {
    let all = list(revision.at("/why/indicators"));
    all.map(|one| (string(one, "id").to_owned(), string(one, "text").to_owned())).collect()
}

/// What differs, in words.
pub(super) fn changes(before: &Revision, now: &Revision, masks: &Masks) -> Vec<String> {
    let mut changes = Vec::new();
    let mut changed = |what: &str, was: &str, is: &str| {
        if was != is {
            changes.push(format!("{what}: {was} -> {is}"));
        }
    };
    changed("level", before.level(), now.level());
    changed("score", &before.score().to_string(), &now.score().to_string());
    let (was, is) = (before.text("/headline"), now.text("/headline"));
    changed("headline", &masks.hide(was), &masks.hide(is));
    let money_of = |r: &Revision, place: &str| money(r.at(place));
    for (what, place) in [("money in", "/what/amount_in"), ("money out", "/what/amount_out")] {
        changed(what, &money_of(before, place), &money_of(now, place));
    }
    let count = |r: &Revision, place: &str| r.at(place).as_u64().unwrap_or(0).to_string();
    for (what, place) in [("payments", "/what/payments"), ("others", "/who/related_count")] {
        changed(what, &count(before, place), &count(now, place));
    }
    let (was, is) = (before.days(), now.days());
    changed("episode", &format!("{}..{}", was.0, was.1), &format!("{}..{}", is.0, is.1));
    let families = |r: &Revision| texts(r.at("/why/families")).collect::<Vec<_>>().join(" ");
    changed("families", &families(before), &families(now));
    let bundle = |r: &Revision| r.text("/how/bundle").chars().take(12).collect::<String>();
    changed("bundle", &bundle(before), &bundle(now));
    let explained = |r: &Revision| texts(r.at("/suppressed_by")).collect::<Vec<_>>().join(", ");
    changed("explained by", &masks.hide(&explained(before)), &masks.hide(&explained(now)));
    let (was, is) = (indicators(before), indicators(now));
    for (id, text) in &is {
        match was.get(id) {
            None => changes.push(format!("new: {id} {}", masks.hide(text))),
            Some(known) if known != text => {
                changes.push(format!("{id} now says: {}", masks.hide(text)));
            }
            Some(_) => {}
        }
    }
    let gone = was.keys().filter(|id| !is.contains_key(*id));
    changes.extend(gone.map(|id| format!("gone: {id}")));
    changes
}
