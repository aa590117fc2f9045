//! What is published of a finding: revisions, retractions, the end of an episode, and the group.

use crate::alerts::{anchor_text, is_reserved};
use crate::detector::{Applied, Detector};
use crate::episode::{Anchor, Milestone, Published};
use crate::groups::{self, Renamed, Ties};
use palermo_domain::alert::{Action, Cause};
use palermo_domain::{Alert, EventTime};
use palermo_ledger::Ledger;

impl Detector {
    /// Publishes where the milestone differs from what was published.
    pub(super) fn publish(
        &mut self,
        ledger: &Ledger,
        track: usize,
        milestone: Option<Milestone>,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        let Some(state) = self.tracks.get(track) else { return };
        let passed = |time: EventTime| applied.watermark.is_some_and(|watermark| time < watermark);
        // What was said over whole windows is not said again over what is left of them.
        if let (Some(published), Some(milestone)) = (&state.published, &milestone)
            && !published.retracted
            && published.milestone == *milestone
            && let Some((_, typology)) = self.track_and_rule(track)
            && !self.whole(ledger, typology, milestone)
        {
            return;
        }
        match (&state.published, milestone) {
            (None, None) => {}
            (Some(published), None) => {
                // Everything before the watermark is known; what is later may still come back.
                if !published.retracted
                    && (passed(published.milestone.time) || applied.cause != Cause::OnTime)
                {
                    self.retract(track, applied, out);
                } else if !published.retracted {
                    let time = published.milestone.time;
                    self.settle.insert((time, track));
                }
            }
            // It was alerted about before the payment came that explains it: in the order of
            // events it was explained from the beginning, and is a suppressed finding.
            (Some(published), Some(milestone)) if published.is_live() && !milestone.live => {
                let time = milestone.time;
                if !passed(time) {
                    self.settle.insert((time, track));
                    return;
                }
                self.retract(track, applied, out);
                self.revise(ledger, track, milestone, applied, out);
            }
            (published, Some(milestone)) => {
                let muted = self.settings.mute_before.is_some_and(|until| milestone.time < until);
                // What is planted is planted into the past, and must be told all the same.
                if muted && !self.is_planted(ledger, track) {
                    return;
                }
                let time = milestone.time;
                let new = match published {
                    None => true,
                    Some(published) => published.retracted || time > published.milestone.time,
                };
                if new || passed(time) {
                    self.revise(ledger, track, milestone, applied, out);
                }
                if !passed(time) {
                    self.settle.insert((time, track));
                }
            }
        }
    }

    fn is_planted(&self, ledger: &Ledger, track: usize) -> bool {
        let anchor = self.tracks.get(track).map(|state| state.anchor);
        anchor.is_some_and(|anchor| is_reserved(&anchor_text(ledger, anchor)))
    }

    /// Sends a revision, unless its numbers are those of the last one.
    fn revise(
        &mut self,
        ledger: &Ledger,
        track: usize,
        milestone: Milestone,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        let mut alert = self.describe(ledger, track, &milestone, applied);
        alert.held_back = !milestone.live;
        self.join(ledger, track, &mut alert);
        let Some(state) = self.tracks.get_mut(track) else { return };
        let last = state.published.as_ref();
        let was_live = last.is_some_and(Published::is_live);
        // The same numbers in the other topic are news: an alert that was held back before its
        // unexplained beginning came to be known.
        if let Some(last) = last
            && !last.retracted
            && was_live == milestone.live
        {
            if same_numbers(&last.alert, &alert) {
                return;
            }
            // What the pages say stands already.
            if last.alert.pages.digest == alert.pages.digest {
                alert.pages.revision = last.alert.pages.revision;
                alert.more.clear();
            }
        } else {
            // It stands in one topic at a time.
            self.retract(track, applied, out);
        }
        let Some(state) = self.tracks.get_mut(track) else { return };
        alert.revision = state.next_revision(alert.held_back);
        if !alert.more.is_empty() {
            alert.pages.revision = alert.revision;
        }
        alert.action = match (milestone.live, was_live) {
            (false, _) => Action::Suppressed,
            (true, true) => Action::Updated,
            (true, false) => Action::Created,
        };
        state.open = true;
        let more = std::mem::take(&mut alert.more);
        state.published =
            Some(Published { alert: Box::new(alert.clone()), milestone, retracted: false });
        out.push(Alert { more, ..alert });
    }

    /// Takes back what stands, in the topic in which it stands.
    fn retract(&mut self, track: usize, applied: Applied, out: &mut Vec<Alert>) {
        let Some(state) = self.tracks.get_mut(track) else { return };
        state.open = false;
        let Some(published) = state.published.as_mut().filter(|last| !last.retracted) else {
            return;
        };
        published.retracted = true;
        let mut alert = (*published.alert).clone();
        alert.revision = state.next_revision(alert.held_back);
        alert.action = Action::Retracted;
        alert.cause = applied.cause;
        alert.watermark = applied.watermark;
        alert.is_final = false;
        if !alert.held_back {
            self.groups.gone(&alert.alert_id);
        }
        out.push(alert);
    }

    /// Finds the group of an alert that is to be published. One that is explained stands alone.
    fn join(&mut self, ledger: &Ledger, track: usize, alert: &mut Alert) {
        let Some(state) = self.tracks.get(track) else { return };
        if alert.held_back {
            alert.group = groups::name(&alert.alert_id);
            return;
        }
        let (anchor, floor) = (state.anchor, state.floor);
        let first = state.found.iter().copied().find(|time| *time > floor);
        let accounts = Self::accounts_of(ledger, anchor).into_iter();
        let own = accounts.map(|account| format!("account/{}", ledger.account_text(account)));
        let ties = Ties::of(alert, own);
        let first = first.unwrap_or(alert.decided_at);
        alert.group = self.groups.stands(alert, anchor, first, ties);
    }

    /// Revises the alerts whose group has got another name.
    pub(crate) fn regroup(&mut self, applied: Applied, out: &mut Vec<Alert>) {
        for (id, renamed) in self.groups.renamed() {
            let mut alert = match renamed {
                Renamed::Closed(alert) => *alert,
                Renamed::Open(anchor, group) => {
                    let Some(alert) = self.renamed(anchor, &id, group) else { continue };
                    alert
                }
            };
            (alert.cause, alert.watermark) = (Cause::Merged, applied.watermark);
            out.push(alert);
        }
    }

    /// The next revision of an alert that stands, where its group has another name.
    fn renamed(&mut self, anchor: Anchor, id: &str, group: String) -> Option<Alert> {
        let is_it = |track: &&usize| {
            let published = self.tracks.get(**track).and_then(|track| track.published.as_ref());
            published.is_some_and(|last| last.is_live() && last.alert.alert_id == id)
        };
        let track = self.by_anchor.get(&anchor)?.iter().find(is_it).copied()?;
        let state = self.tracks.get_mut(track)?;
        if state.published.as_ref()?.alert.group == group {
            return None;
        }
        let revision = state.next_revision(false);
        let published = state.published.as_mut()?;
        published.alert.group = group;
        let mut alert = (*published.alert).clone();
        (alert.revision, alert.action) = (revision, Action::Updated);
        Some(alert)
    }

    /// Notes when the episode may end.
    pub(super) fn note_end(&mut self, track: usize) {
        let Some((state, typology)) = self.track_and_rule(track) else { return };
        let Some(last) = state.last_hit else { return };
        let at = last.plus(typology.emit.rearm);
        let Some(state) = self.tracks.get_mut(track) else { return };
        if let Some(before) = state.closes_at.replace(at)
            && before != at
        {
            self.closing.remove(&(before, track));
        }
        self.closing.insert((at, track));
    }

    /// Ends the episode if it has been quiet, else looks again later.
    pub(crate) fn end_episode(
        &mut self,
        ledger: &Ledger,
        track: usize,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        let Some((state, typology)) = self.track_and_rule(track) else { return };
        let rearm = typology.emit.rearm;
        if state.closes_at.is_none() {
            return;
        }
        let last = state.last_hit.unwrap_or(state.floor);
        let at = last.plus(rearm);
        if applied.watermark.is_none_or(|watermark| at >= watermark) {
            if let Some(state) = self.tracks.get_mut(track) {
                state.closes_at = Some(at);
                self.closing.insert((at, track));
            }
            return;
        }
        if let Some(alert) = self.closed(track, Cause::OnTime, applied.watermark) {
            out.push(alert);
        }
        if let Some(state) = self.tracks.get_mut(track) {
            if !state.open {
                state.closes_at = None;
                return;
            }
            state.close(last);
        }
        // Hits of the next episode may be known already.
        self.look(ledger, track, applied, out);
    }

    /// The `closed` revision of what stands, in the topic in which it stands.
    pub(crate) fn closed(
        &mut self,
        track: usize,
        cause: Cause,
        watermark: Option<EventTime>,
    ) -> Option<Alert> {
        let state = self.tracks.get_mut(track)?;
        let published = state.published.as_ref().filter(|last| !last.retracted)?;
        let mut alert = (*published.alert).clone();
        alert.revision = state.next_revision(alert.held_back);
        alert.action = Action::Closed;
        alert.cause = cause;
        alert.watermark = watermark;
        alert.is_final = true;
        self.groups.closed(&alert);
        Some(alert)
    }
}

/// Whether two revisions say the same, leaving aside what depends on arrival (DESIGN §8).
fn same_numbers(published: &Alert, now: &Alert) -> bool {
    let mut now = now.clone();
    now.revision = published.revision;
    now.action = published.action;
    now.cause = published.cause;
    now.triggered_by.clone_from(&published.triggered_by);
    now.detected_at = published.detected_at;
    now.watermark = published.watermark;
    now.is_final = published.is_final;
    now.pages.revision = published.pages.revision;
    now.more.clear();
    now == *published
}
