//! The page `/control-totals`: which batches and days do not balance, for a person.
//!
//! No content of a payment is on it: keys are those of statements, as the engine lets them be shown, and
//! sums are over batches. Bounded as the engine's list is: the hundred that have stood still longest.

use palermo_domain::EventTime;
use palermo_engine::{ControlTotals, OpenTotal, TotalKind, TotalState};
use std::fmt::Write as _;

/// The text of the page.
pub(crate) fn page(totals: &ControlTotals) -> String {
    let mut text =
        "control totals: what batches and days were stated to hold, against what was taken\n\n"
            .to_owned();
    // Writing to a string cannot fail.
    for kind in TotalKind::ALL {
        let _ = write!(text, "{:<6}", kind.as_str());
        for state in TotalState::ALL {
            let count = totals.keys.get(&(kind, state)).copied().unwrap_or(0);
            let _ = write!(text, "  {} {count}", state.as_str());
        }
        text.push('\n');
    }
    let _ = writeln!(text, "\n{} payments are missing", totals.short_payments);
    let _ = writeln!(text, "{} payments name neither batch nor source", totals.uncounted);
    if totals.dropped > 0 {
        let _ = writeln!(text, "{} batches and days were dropped for want of room", totals.dropped);
    }
    if !totals.open.is_empty() {
        text.push_str(
            "\nstate\tkey\tstated\ttaken\tdifference\tstated sum\ttaken sum\tdifference\tsince\n",
        );
    }
    for open in &totals.open {
        let _ = writeln!(text, "{}", row(open));
    }
    let all: u64 =
        totals.keys.iter().filter(|((_, state), _)| state.is_open()).map(|(_, count)| count).sum();
    let hidden = all.saturating_sub(totals.open.len() as u64);
    if hidden > 0 {
        let _ = writeln!(text, "and {hidden} more");
    }
    text
}

fn row(open: &OpenTotal) -> String {
    let OpenTotal { key, state, stated, taken, moved_ms } = open;
    let (count, sum) = taken.less(*stated);
    let since = EventTime(*moved_ms);
    let (state, counts) = (state.as_str(), [stated.count, taken.count]);
    format!(
        "{state}\t{key}\t{}\t{}\t{count}\t{stated}\t{taken}\t{sum}\t{since}",
        counts[0], counts[1]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_engine::Tally;
    use std::collections::BTreeMap;

    #[test]
    fn the_page_says_what_is_missing_and_what_it_leaves_out() {
        let [stated, taken] = [(3, "37.50"), (2, "25")]
            .map(|(count, sum)| Tally::try_new(count, sum.parse().unwrap()).unwrap());
        let open = OpenTotal {
            key: "batch/EOD-1".to_owned(),
            state: TotalState::Short,
            stated,
            taken,
            moved_ms: 1_000,
        };
        let over =
            OpenTotal { state: TotalState::Over, stated: taken, taken: stated, ..open.clone() };
        let keys = [
            ((TotalKind::Batch, TotalState::Short), 2),
            ((TotalKind::Batch, TotalState::Over), 1),
            ((TotalKind::Day, TotalState::Unstated), 7),
        ];
        let totals = ControlTotals {
            keys: BTreeMap::from(keys),
            short_payments: 4,
            open: vec![open, over],
            ..ControlTotals::default()
        };
        let page = page(&totals);
        for line in [
            "batch   balanced 0  short 2  over 1  differs 0  unstated 0  before_start 0",
            "day     balanced 0  short 0  over 0  differs 0  unstated 7  before_start 0",
            "4 payments are missing",
            "short\tbatch/EOD-1\t3\t2\t-1\t37.5\t25\t-12.5\t1970-01-01T00:00:01.000Z",
            "over\tbatch/EOD-1\t2\t3\t1\t25\t37.5\t12.5\t1970-01-01T00:00:01.000Z",
            "and 1 more",
        ] {
            assert!(page.lines().any(|shown| shown == line), "missing: {line}\n{page}");
        }
        assert!(!page.contains("dropped"), "{page}");
    }
}
