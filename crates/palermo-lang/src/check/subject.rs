//! What a rule is about, and what it cannot ask of it.

use crate::check::analysis;
use crate::program::{EndField, Expr, Field, Function, Measure, MeasureKind, Side};
use crate::read::{Cx, Fields};
use crate::vocabulary::field_name;
use palermo_domain::Subject;

/// The word under `subject`. Suppressors explain an account; indicators may be about anything.
pub(crate) fn read(cx: &mut Cx, fields: &Fields<'_>, indicator: bool) -> Subject {
    let Some(node) = fields.need(cx, "subject") else { return Subject::Account };
    let known: Vec<&str> = Subject::ALL.iter().map(|subject| subject.as_str()).collect();
    let subject = cx.word(node, "subject", &known, Subject::parse).unwrap_or(Subject::Account);
    if subject != Subject::Account && !indicator {
        cx.unsupported(&node.range, &format!("`subject: {}` of a suppressor", subject.as_str()));
    }
    subject
}

/// Silence and acquaintance are those of accounts: an earlier payment that comes late and is not of
/// the device (terminal, …) would change what was found about it.
pub(crate) fn without_past<'e>(
    cx: &mut Cx,
    fields: &Fields<'_>,
    subject: Subject,
    measures: &'e [Measure],
    others: impl Iterator<Item = &'e Expr>,
) {
    let Some(node) = fields.get("subject").filter(|_| subject != Subject::Account) else { return };
    if fields.get("graph").is_some() {
        // The nodes of the graph are accounts.
        return cx.unsupported(&node.range, &of_subject("graph", subject));
    }
    let mut all: Vec<&Expr> = others.collect();
    for measure in measures {
        all.extend(measure.expressions());
        if matches!(&measure.kind, MeasureKind::Own { .. }) {
            return cx.unsupported(&node.range, &of_subject("own(…)", subject));
        }
        if matches!(&measure.kind, MeasureKind::Peer { .. }) {
            return cx.unsupported(&node.range, &of_subject("peer(…)", subject));
        }
        if matches!(&measure.kind, MeasureKind::Aggregate(of) if of.function == Function::Absent) {
            return cx.unsupported(&node.range, &of_subject("absent()", subject));
        }
    }
    let found = all.into_iter().find_map(past);
    if let Some(field) = found {
        cx.unsupported(&node.range, &of_subject(&field_name(field), subject));
    }
}

fn of_subject(what: &str, subject: Subject) -> String {
    format!("`{what}` of `subject: {}`", subject.as_str())
}

/// What an expression asks of the time before the window.
fn past(expr: &Expr) -> Option<Field> {
    let fields = [EndField::IdleBefore, EndField::KnownFor]
        .into_iter()
        .flat_map(|past| [Side::Own, Side::Other].map(|side| Field::End(side, past)));
    fields.into_iter().find(|field| {
        let reads = |part: &Expr| matches!(part, Expr::Field(read) | Expr::Step(_, read) | Expr::Present(read) if read == field);
        analysis::any(expr, &reads)
    })
}
