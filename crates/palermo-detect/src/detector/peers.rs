//! The ends of days, for what rules compare with peers (module `peers`).

use super::Detector;
use crate::condition::{Run, Summary};
use crate::eval::Measures;
use crate::peers::{Ask, group_of};
use crate::value::Value;
use palermo_domain::{EventTime, FixedHashMap, Span};
use palermo_ledger::{AccountId, Atom, Ledger, RowId, SetId};

impl Detector {
    /// Rolls up the ends of days that the watermark has passed. To be called with every watermark,
    /// before anything that came with it is linked, taken out or evaluated.
    pub fn roll_up(&mut self, ledger: &mut Ledger, watermark: Option<EventTime>) {
        let Some(watermark) = watermark.filter(|watermark| !self.peers.is_up_to(*watermark)) else {
            return;
        };
        let asks: Vec<u16> = (0..).zip(self.peers.asks()).map(|(number, _)| number).collect();
        for end in self.peers.pass(watermark) {
            self.roll_up_end(ledger, &asks, end);
        }
    }

    /// A payment is taken back by something of this time; `sets` are the selections of its ends.
    pub fn note_undone(&mut self, ledger: &Ledger, row: RowId, until: EventTime, sets: [SetId; 2]) {
        self.peers.note_undone(ledger, row, until, sets);
    }

    /// Rolls up what rules ask for anew, at every end that the ledger still holds the windows of.
    pub(super) fn roll_up_anew(&mut self, ledger: &mut Ledger, fresh: &[u16]) {
        let mut undone = std::mem::take(self.peers.undone_mut());
        undone.iter_mut().for_each(|undone| undone.sets = self.select(ledger, undone.row, None));
        *self.peers.undone_mut() = undone;
        if fresh.is_empty() {
            return;
        }
        let rows = ledger.row_ids().into_iter().filter_map(|row| ledger.row(row));
        let oldest = rows.map(|row| row.time()).min();
        let Some(oldest) = oldest else { return };
        for end in self.peers.passed_since(oldest.max(ledger.kept_from())) {
            self.roll_up_end(ledger, fresh, end);
        }
    }

    fn roll_up_end(&mut self, ledger: &mut Ledger, asks: &[u16], end: EventTime) {
        // After a silence there is nothing to look at for many days.
        let longest = asks.iter().filter_map(|ask| self.window_of(*ask)).max();
        if longest.is_none_or(|longest| !ledger.has_days(end.minus(longest), end)) {
            return;
        }
        // What is taken back after this end was there at this end.
        let undone = self.peers.undone_after(end);
        for undone in &undone {
            let [debtor, creditor] = undone.sets;
            ledger.link(undone.row, debtor, creditor);
        }
        for &number in asks {
            let ask = self.peers.asks().get(usize::from(number));
            if let Some(groups) = ask.and_then(|ask| self.groups_at(ledger, ask, end)) {
                self.peers.keep(number, end, groups);
            }
        }
        undone.iter().for_each(|undone| ledger.unlink(undone.row));
    }

    fn window_of(&self, ask: u16) -> Option<Span> {
        let (rule, _) = self.peers.asks().get(usize::from(ask))?.of();
        self.indicators.get(rule).map(|condition| condition.window)
    }

    /// A payment that was taken back is taken back once more: what has the earlier time counts.
    pub fn note_undone_again(&mut self, row: RowId, until: EventTime) {
        self.peers.note_undone_again(row, until);
    }

    /// What the accounts of each group had; `None` where their windows are no longer whole.
    fn groups_at(
        &self,
        ledger: &Ledger,
        ask: &Ask,
        end: EventTime,
    ) -> Option<Vec<(Atom, Summary)>> {
        let (rule, of) = ask.of();
        let condition = self.indicators.get(rule)?;
        if end.minus(condition.reach) < ledger.kept_from() {
            return None;
        }
        let mut values = FixedHashMap::<Atom, Vec<Value>>::default();
        let from = end.minus(condition.window);
        let sets = &self.selections.sets;
        let selected = |set| condition.selections.iter().any(|of| sets.contains(set, *of));
        // Who did nothing of the kind is no measure of those who do.
        let seen = |account: AccountId| {
            condition.legs.iter().any(|leg| {
                let mut window = ledger.window(account, *leg, from, end);
                window.any(|entry| selected(entry.selections))
            })
        };
        for (account, holder) in ledger.parties.held() {
            let Some(group) = group_of(holder, ask.group) else { continue };
            if ledger.is_reserved(account) || !seen(account) {
                continue;
            }
            let mut run = Run::new(self.env(ledger), sets, condition, account, end);
            let value = run.measure(of);
            if value.number().is_some() {
                values.entry(group).or_default().push(value);
            }
        }
        let summary = |(group, values): (Atom, Vec<Value>)| {
            Some((group, Summary::of(&values, ask.percentiles)?))
        };
        Some(values.into_iter().filter_map(summary).collect())
    }
}
