//! Alert groups: alerts on accounts of one network come together.
//!
//! Two alerts of one mode belong together where one is about an account or party that the other leads
//! to: an account of the same holder, the other end of its evidence in a role that is more than a
//! counterparty's, or a step of a linked path; and where both lead to the same possible victim. A group
//! is everything that is connected so. It is named after its founder, the member that was found first,
//! so that whoever joins later takes its name; a merge or a split renames one side, and that is a
//! revision of its alerts ([`palermo_domain::alert::Cause::Merged`]) and no new truth.
//!
//! Promises: names are a function of the alerts that stand, not of the order in which they came to
//! stand. That of a closed episode still follows, until its whole group lies behind the evidence
//! horizon. What was retracted, or is explained, ties nobody.
//! Cost: linear in the group, for each revision that changes whom an alert leads to; one alert is held
//! for each closed episode.

use crate::alerts::sha256_hex;
use crate::episode::Anchor;
use palermo_domain::alert::{Mode, Role};
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{Alert, EventTime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Whom an alert is about and whom it leads to, as `account/…` and `party/…`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ties {
    /// Accounts and parties of the anchor.
    own: BTreeSet<String>,
    /// Others.
    near: BTreeSet<String>,
    /// Those of them who may be victims.
    victims: BTreeSet<String>,
}

impl Ties {
    /// Of an alert whose people and paths are known, and everything that its holders own.
    pub(crate) fn of(alert: &Alert, own: impl Iterator<Item = String>) -> Self {
        let mut ties = Self { own: own.collect(), ..Self::default() };
        let key = |entity: &str, key: &str| format!("{entity}/{key}");
        ties.own.extend(alert.subjects.iter().map(|actor| key(actor.entity, &actor.key)));
        for actor in &alert.related {
            if actor.role == Role::PotentialVictim {
                ties.victims.insert(key(actor.entity, &actor.key));
            }
            if actor.role != Role::CounterpartyOnly {
                ties.near.insert(key(actor.entity, &actor.key));
            }
        }
        let steps = alert.links.iter().flat_map(|link| &link.steps);
        let ends = steps.flat_map(|step| [&step.from, &step.to]);
        ties.near.extend(ends.map(|account| key("account", account)));
        ties.near.retain(|key| !ties.own.contains(key));
        ties
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Member {
    mode: Mode,
    /// When it was found first in its episode, and last.
    found: (EventTime, EventTime),
    ties: Ties,
    state: State,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    /// The track of this anchor has the alert.
    Open(Anchor),
    /// As it was published last.
    Closed(Box<Alert>),
}

/// An alert whose group has another name than it says.
#[derive(Debug)]
pub(crate) enum Renamed {
    /// Of an open episode: whose, and which.
    Open(Anchor, String),
    /// Of a closed one, with the new name.
    Closed(Box<Alert>),
}

/// How a key ties an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum How {
    Own,
    Near,
    Victim,
}

type Key = (Mode, How, String);

/// Alerts that stand, and what ties them.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    /// By alert id.
    members: BTreeMap<String, Member>,
    by_key: BTreeMap<Key, BTreeSet<String>>,
    /// Those whose group may have another name now.
    unsettled: BTreeSet<String>,
}

/// The name of a group that an alert founded.
pub(crate) fn name(founder: &str) -> String {
    format!("grp_{}", sha256_hex(&[founder]).get(..12).unwrap_or_default())
}

impl Groups {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        let members: Vec<(&String, &Member)> = self.members.iter().collect();
        snapshot::put_all(sink, "groups", &members, 2048)?;
        let keys: Vec<(&Key, &BTreeSet<String>)> = self.by_key.iter().collect();
        snapshot::put_all(sink, "groups", &keys, 64)?;
        snapshot::put(sink, "groups", &self.unsettled)
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let members: Vec<(String, Member)> = snapshot::take_all(source, "groups")?;
        let keys: Vec<(Key, BTreeSet<String>)> = snapshot::take_all(source, "groups")?;
        Ok(Self {
            members: members.into_iter().collect(),
            by_key: keys.into_iter().collect(),
            unsettled: snapshot::take(source, "groups")?,
        })
    }

    /// An alert stands, or stands otherwise; gives the name of its group.
    pub(crate) fn stands(
        &mut self,
        alert: &Alert,
        anchor: Anchor,
        first: EventTime,
        ties: Ties,
    ) -> String {
        let id = &alert.alert_id;
        let found = (first, alert.decided_at);
        let known = self.members.get_mut(id).filter(|known| known.ties == ties);
        match known {
            Some(known) if known.found.0 == first => known.found = found,
            _ => {
                self.gone(id);
                let state = State::Open(anchor);
                let member = Member { mode: alert.mode, found, ties, state };
                self.index(id, &member, true);
                self.members.insert(id.clone(), member);
                self.unsettle(id);
            }
        }
        self.name_of(id)
    }

    /// An alert was retracted, or was explained.
    pub(crate) fn gone(&mut self, id: &str) {
        if !self.members.contains_key(id) {
            return;
        }
        self.unsettle(id);
        if let Some(member) = self.members.remove(id) {
            self.index(id, &member, false);
        }
        self.unsettled.remove(id);
    }

    /// The episode of an alert has ended; it is held here from now on.
    pub(crate) fn closed(&mut self, alert: &Alert) {
        if let Some(member) = self.members.get_mut(&alert.alert_id) {
            member.state = State::Closed(Box::new(alert.clone()));
            self.unsettled.insert(alert.alert_id.clone());
        }
    }

    /// Alerts whose groups may have other names, with these names.
    pub(crate) fn renamed(&mut self) -> Vec<(String, Renamed)> {
        let mut all = Vec::new();
        while let Some(id) = self.unsettled.pop_first() {
            let name = self.name_of(&id);
            match self.members.get_mut(&id).map(|member| &mut member.state) {
                None => {}
                Some(State::Open(anchor)) => all.push((id, Renamed::Open(*anchor, name))),
                Some(State::Closed(alert)) if alert.group == name => {}
                Some(State::Closed(alert)) => {
                    alert.group = name;
                    alert.revision = alert.revision.saturating_add(1);
                    all.push((id, Renamed::Closed(alert.clone())));
                }
            }
        }
        all
    }

    /// Forgets groups whose members were all found before a time.
    pub(crate) fn forget(&mut self, before: EventTime) {
        let old = self.members.iter().filter(|(_, member)| is_over(member, before));
        let mut old: BTreeSet<String> = old.map(|(id, _)| id.clone()).collect();
        while let Some(id) = old.pop_first() {
            let group = self.group(&id);
            let all_over =
                group.iter().filter_map(|id| self.members.get(id)).all(|m| is_over(m, before));
            for id in &group {
                old.remove(id);
                if all_over && let Some(member) = self.members.remove(id) {
                    self.index(id, &member, false);
                    self.unsettled.remove(id);
                }
            }
        }
    }

    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let of = |member: &Member| match member.state {
            State::Open(_) => 1_024,
            State::Closed(_) => 9_216_usize,
        };
        self.members.values().map(of).fold(0, usize::saturating_add)
    }

    /// Marks everybody whom an alert is connected to.
    fn unsettle(&mut self, id: &str) {
        let group = self.group(id);
        self.unsettled.extend(group);
    }

    fn name_of(&self, id: &str) -> String {
        let group = self.group(id);
        let found = |id: &&String| self.members.get(*id).map(|member| member.found.0);
        let founder = group.iter().min_by_key(|id| (found(id), *id));
        name(founder.map_or(id, String::as_str))
    }

    /// An alert and everybody whom it is connected to.
    fn group(&self, id: &str) -> BTreeSet<String> {
        let mut group = BTreeSet::from([id.to_owned()]);
        let mut next = vec![id.to_owned()];
        while let Some(member) = next.pop().and_then(|id| self.members.get(&id)) {
            for other in self.tied(member) {
                if group.insert(other.clone()) {
                    next.push(other.clone());
                }
            }
        }
        group
    }

    fn tied<'a>(&'a self, member: &'a Member) -> impl Iterator<Item = &'a String> {
        let Ties { own, near, victims } = &member.ties;
        let about = own.iter().flat_map(|key| [(How::Own, key), (How::Near, key)]);
        let led_to = near.iter().map(|key| (How::Own, key));
        let victims = victims.iter().map(|key| (How::Victim, key));
        about
            .chain(led_to)
            .chain(victims)
            .filter_map(|(how, key)| self.by_key.get(&(member.mode, how, key.clone())))
            .flatten()
    }

    fn index(&mut self, id: &str, member: &Member, is_in: bool) {
        let Ties { own, near, victims } = &member.ties;
        let all = own.iter().map(|key| (How::Own, key));
        let all = all.chain(near.iter().map(|key| (How::Near, key)));
        for (how, key) in all.chain(victims.iter().map(|key| (How::Victim, key))) {
            let at = (member.mode, how, key.clone());
            if is_in {
                self.by_key.entry(at).or_default().insert(id.to_owned());
            } else if let Some(ids) = self.by_key.get_mut(&at) {
                ids.remove(id);
                if ids.is_empty() {
                    self.by_key.remove(&at);
                }
            }
        }
    }
}

fn is_over(member: &Member, before: EventTime) -> bool {
    matches!(member.state, State::Closed(_)) && member.found.1 < before
}

#[cfg(test)]
mod tests;
