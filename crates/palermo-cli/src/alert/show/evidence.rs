//! `palermo alert show ID --evidence`: every payment that an alert rests on, oldest first.
//!
//! The newest stand in the alert itself, the others on pages of their own topic. Whoever may be a victim
//! is masked on every page, also where the alert had no room to name them.

use super::super::document::{Revision, field, list, string, texts};
use super::super::mask::Masks;
use super::super::source::Alerts;
use crate::args::AlertShowArgs;
use crate::exit::Exit;
use crate::out::Out;
use palermo_domain::{Decimal, grouped};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HEADERS: [&str; 6] = ["time", "kind", "amount", "other end", "indicators", "payment"];

/// Writes the payments of a revision; what is not there is said, and is exit code 4.
pub(super) fn show(
    alerts: &Alerts,
    alert: &Revision,
    arguments: &AlertShowArgs,
    out: &mut Out,
) -> Exit {
    let listed = Listed::of(alerts, alert);
    let mut masks = Masks::unless(arguments.unmask, alert);
    if !arguments.unmask {
        masks.also(listed.payments.iter().copied());
    }
    // There may be as many of them as payments.
    let names = masks.names();
    let rows: Vec<Value> = listed.payments.iter().map(|one| row(alert, one, &names)).collect();
    let total = alert.at("/evidence/total").as_u64().unwrap_or(0);
    let unlisted = alert.at("/evidence/unlisted").as_u64().unwrap_or(0);
    if out.json() {
        out.json_data(&json!({
            "alert_id": alert.id(), "revision": alert.number(), "total": total,
            "unlisted": unlisted, "missing_pages": &listed.missing, "payments": rows,
        }));
    } else {
        table(&rows, out);
        let count = |count: u64| grouped(Decimal::from(count));
        let shown = rows.len() as u64;
        let mut text = format!("{} of {} payments", count(shown), count(total));
        if unlisted > 0 {
            text.push_str(&format!("; a bound leaves the oldest {} out", count(unlisted)));
        }
        out.talk(&text);
    }
    if listed.missing.is_empty() {
        return Exit::Fine;
    }
    let pages: Vec<String> = listed.missing.iter().map(u64::to_string).collect();
    out.talk(&format!(
        "page {} of revision {} was not read: it is on the topic `topics.evidence` names, or in a file that \
         another `--from` names",
        pages.join(", "),
        pages_revision(alert)
    ));
    Exit::Environment
}

/// The revision with which the pages were published.
fn pages_revision(alert: &Revision) -> u64 {
    alert.at("/evidence/pages_revision").as_u64().unwrap_or(alert.number())
}

struct Listed<'a> {
    payments: Vec<&'a Value>,
    missing: Vec<u64>,
}

impl<'a> Listed<'a> {
    fn of(alerts: &'a Alerts, alert: &'a Revision) -> Self {
        let pages = alert.at("/evidence/pages").as_u64().unwrap_or(1);
        let mut listed = Self { payments: Vec::new(), missing: Vec::new() };
        // The last page has the oldest.
        for number in (2..=pages).rev() {
            match alerts.page(alert, pages_revision(alert), number) {
                Some(page) => listed.payments.extend(list(page)),
                None => listed.missing.push(number),
            }
        }
        listed.missing.reverse();
        listed.payments.extend(list(alert.at("/evidence/payments")));
        listed
    }
}

fn row(alert: &Revision, payment: &Value, names: &BTreeMap<&str, &str>) -> Value {
    let id = string(payment, "id");
    let mut indicators: Vec<&str> = texts(field(payment, "indicators")).collect();
    if indicators.is_empty() {
        // What the alert lists itself has them at the indicators, as far as those list it.
        let rests = |one: &&Value| texts(field(one, "evidence")).any(|known| known == id);
        let on = list(alert.at("/why/indicators")).filter(rests);
        indicators = on.map(|one| string(one, "id")).collect();
    }
    let other = string(payment, "other");
    let name = names.get(other).copied();
    // Some banks number payments by account.
    let id = name.map_or_else(|| id.to_owned(), |name| id.replace(other, name));
    json!({
        "time": string(payment, "time"),
        "kind": string(payment, "kind"),
        "amount": string(payment, "amount"),
        "currency": string(payment, "currency"),
        "other": name.unwrap_or(other),
        "indicators": indicators,
        "id": id,
    })
}

fn table(rows: &[Value], out: &mut Out) {
    let cells: Vec<[String; 6]> = rows
        .iter()
        .map(|row| {
            let text = |name| string(row, name).to_owned();
            let amount = format!("{} {}", string(row, "currency"), string(row, "amount"));
            let indicators: Vec<&str> = texts(field(row, "indicators")).collect();
            [text("time"), text("kind"), amount, text("other"), indicators.join(" "), text("id")]
        })
        .collect();
    let mut widths = HEADERS.map(|header| header.chars().count());
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; 6]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    out.data(&line(HEADERS));
    for row in &cells {
        out.data(&line(row.each_ref().map(String::as_str)));
    }
}
