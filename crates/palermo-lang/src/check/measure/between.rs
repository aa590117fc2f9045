//! Functions that name selections or measures as arguments: they stand without `over`.

use super::Reader;
use crate::program::{
    Between, BetweenFunction, MeasureId, MeasureKind, PeerGroup, PeerStatistic, SelectionId,
    Statistic, Type,
};
use crate::syntax::{Kind, Name, Syntax};
use crate::vocabulary::type_name;
use palermo_domain::Span;

/// Their names.
pub(crate) const NAMES: [&str; 8] = [
    "overlap",
    "passed_share",
    "funded_share",
    "dwell_median",
    "returned_share",
    "apart_km",
    "own",
    "peer",
];
const STATISTICS: [(&str, Statistic); 3] =
    [("mean", Statistic::Mean), ("max", Statistic::Max), ("deviation", Statistic::Deviation)];

impl Reader<'_, '_, '_> {
    pub(super) fn between(
        &mut self,
        call: &Syntax,
        name: &str,
        arguments: &[Syntax],
    ) -> Option<(MeasureKind, Type)> {
        use BetweenFunction as F;
        let flow = |function| (function, Type::Decimal);
        let (function, gives) = match name {
            "overlap" => {
                let [key, a, b] = arguments else { return self.other_arguments(call, name) };
                return self.overlap(key, a, b);
            }
            "own" => {
                let [of, reach, statistic] = arguments else {
                    return self.other_arguments(call, name);
                };
                return self.own(of, reach, statistic);
            }
            "peer" => {
                let [of, group, statistic] = arguments else {
                    return self.other_arguments(call, name);
                };
                return self.peer(call, of, [group, statistic]);
            }
            "passed_share" => flow(F::PassedShare),
            "funded_share" => flow(F::FundedShare),
            "returned_share" => flow(F::ReturnedShare),
            "dwell_median" => (F::DwellMedian, Type::Duration),
            _ => (F::ApartKm, Type::Decimal),
        };
        let timed = !matches!(function, F::DwellMedian | F::ApartKm);
        let (a, b, within) = match (arguments, timed) {
            ([a, b, within], true) => (a, b, Some(within)),
            ([a, b], false) => (a, b, None),
            _ => return self.other_arguments(call, name),
        };
        let selections = [self.named(a), self.named(b)];
        let within = match within {
            None => None,
            Some(within) => Some(self.within(within)?),
        };
        let [Some(a), Some(b)] = selections else { return None };
        Some((MeasureKind::Between(Between { function, a, b, within }), gives))
    }

    fn other_arguments<T>(&mut self, call: &Syntax, name: &str) -> Option<T> {
        let arguments = match name {
            "overlap" => "other.account, paid_in, paid_out",
            "own" => "total, 90d, max",
            "peer" => "total, segment, percentile",
            "dwell_median" | "apart_km" => "paid_in, paid_out",
            "passed_share" => "paid_in, paid_out, 48h",
            _ => "paid_out, paid_in, 48h",
        };
        let message = format!("`{name}` has other arguments");
        self.error(&call.range, message, &format!("write `{name}({arguments})`"));
        None
    }

    /// A selection that stands as an argument.
    fn named(&mut self, syntax: &Syntax) -> Option<SelectionId> {
        match &syntax.kind {
            Kind::Path(parts) => {
                self.selection(&Name { text: parts.join("."), range: syntax.range.clone() })
            }
            _ => {
                self.error(&syntax.range, "expected the name of a selection", "name a selection");
                None
            }
        }
    }

    fn overlap(&mut self, key: &Syntax, a: &Syntax, b: &Syntax) -> Option<(MeasureKind, Type)> {
        let checked = self.payment(key);
        let (a, b) = (self.named(a), self.named(b));
        let (key_expr, key_type) = checked?;
        self.comparable(key, key_type)?;
        Some((MeasureKind::Overlap { key: key_expr, a: a?, b: b? }, Type::Int))
    }

    fn own(
        &mut self,
        of: &Syntax,
        reach: &Syntax,
        statistic: &Syntax,
    ) -> Option<(MeasureKind, Type)> {
        let reach = self.reach(reach);
        let statistic = self.word(statistic, "statistic", &STATISTICS);
        let (of, value_type) = self.compared(of, "its past")?;
        let (reach, statistic) = (reach?, statistic?);
        let gives = match (statistic, value_type) {
            (Statistic::Deviation, _) | (Statistic::Mean, Type::Int) => Type::Decimal,
            (_, value_type) => value_type,
        };
        Some((MeasureKind::Own { of, reach, statistic }, gives))
    }

    fn peer(
        &mut self,
        call: &Syntax,
        of: &Syntax,
        [group, statistic]: [&Syntax; 2],
    ) -> Option<(MeasureKind, Type)> {
        match self.around.daily {
            Some(true) => {}
            Some(false) => {
                let message = "what peers have is known when a day has ended";
                self.error(&call.range, message, "add `evaluate: day` to the rule");
                return None;
            }
            None => {
                let range = self.source.at(self.cx, &call.range);
                self.cx.unsupported(&range, "`peer(…)` of a suppressor");
                return None;
            }
        }
        let group = self.word(group, "group of peers", &PeerGroup::ALL.map(|g| (g.as_str(), g)));
        let statistics = PeerStatistic::ALL.map(|of| (of.as_str(), of));
        let statistic = self.word(statistic, "statistic", &statistics);
        let (of, value_type) = self.compared(of, "peers")?;
        let (group, statistic) = (group?, statistic?);
        let gives = match (statistic, value_type) {
            (PeerStatistic::Percentile, _) => Type::Int,
            (PeerStatistic::Median | PeerStatistic::Mean, Type::Money) => Type::Money,
            _ => Type::Decimal,
        };
        Some((MeasureKind::Peer { of, group, statistic }, gives))
    }

    /// A measure that stands as an argument, to be compared with what it is elsewhere.
    fn compared(&mut self, of: &Syntax, with: &str) -> Option<(MeasureId, Type)> {
        let Kind::Path(parts) = &of.kind else {
            self.error(&of.range, "expected the name of a measure", "name a measure above");
            return None;
        };
        let name = parts.join(".");
        let found = self.measures.iter().position(|(known, _)| *known == name);
        let Some(at) = found else {
            let range = self.source.at(self.cx, &of.range);
            let known = self.measures.iter().map(|(known, _)| known.as_str());
            self.cx.unknown("E102", &range, "measure", &name, known);
            return None;
        };
        let value_type = self.measures.get(at)?.1;
        if !matches!(value_type, Type::Int | Type::Decimal | Type::Money) {
            let message = format!("cannot be compared with {with}: {}", type_name(value_type));
            self.error(&of.range, message, "compare a number or money");
            return None;
        }
        Some((MeasureId(u16::try_from(at).ok()?), value_type))
    }

    /// How far back earlier windows reach: at least one window, and what is kept at most.
    fn reach(&mut self, syntax: &Syntax) -> Option<Span> {
        let reach = self.span(syntax, "write `own(total, 90d, max)`")?;
        let (window, horizon) = (self.around.window, self.around.horizon);
        if reach < window {
            let message = format!("`{reach}` is shorter than one window, {window}");
            self.error(&syntax.range, message, "reach back at least one window");
            return None;
        }
        let both = reach.as_millis().saturating_add(window.as_millis());
        if both > horizon.as_millis() {
            let range = self.source.at(self.cx, &syntax.range);
            let message = format!(
                "{reach} before a window of {window} is beyond `state.horizon` ({horizon})"
            );
            let help = "reach back less, or keep more with `state.horizon`";
            self.cx.error("E112", &range, message, help);
            return None;
        }
        Some(reach)
    }

    /// One of a few words.
    fn word<T: Copy>(&mut self, syntax: &Syntax, what: &str, words: &[(&str, T)]) -> Option<T> {
        let word = match &syntax.kind {
            Kind::Path(parts) => parts.join("."),
            _ => String::new(),
        };
        let found = words.iter().find(|(known, _)| *known == word);
        if found.is_none() {
            let range = self.source.at(self.cx, &syntax.range);
            self.cx.unknown("E102", &range, what, &word, words.iter().map(|(known, _)| *known));
        }
        found.map(|(_, value)| *value)
    }
}
