//! The detector as parts of a snapshot, and back.
//!
//! What is bound to the rules is bound again when it is read; what was found, published and waited
//! for is written. What only saves work (decided profiles, searches) begins empty.
//!
//! Promises: a detector that is read back beside its ledger, under the same rules, finds and publishes
//! what the one that was written would have. Cost: a freeze counts the chunks of what is large (subjects,
//! hits, tracks) and encodes the rest: lists that were sent, sets of selections, groups of alerts, what
//! waits. Reading is linear in everything.

use super::activation::Identity;
use super::armed::FrozenArmed;
use super::days::FrozenDays;
use super::{Detector, Settings, Stats};
use crate::concern::Concerns;
use crate::episode::{Anchor, Memory, Tracks};
use crate::groups::Groups;
use crate::hits::Hits;
use crate::lists::Sent;
use crate::peers::FrozenPeers;
use palermo_domain::EventTime;
use palermo_domain::snapshot::{self, Parts, Sink, SnapshotError, Source};
use palermo_lang::program::RuleSet;
use palermo_ledger::{AccountId, Ledger};
use std::collections::{BTreeMap, BTreeSet};

/// What stands beside the large parts: the newest event times, here and of what is looked for on
/// linked accounts, and with whom; tracks that wait for something; counters.
type Rest = (
    (Option<EventTime>, EventTime, (EventTime, Vec<AccountId>)),
    (Waiting, BTreeMap<usize, EventTime>, Times, Times),
    Stats,
    Vec<((Identity, Anchor), Memory)>,
);
type Waiting = BTreeMap<u16, BTreeSet<usize>>;
type Times = BTreeSet<(EventTime, usize)>;

/// A detector as it stood: what is large is shared, the rest is encoded.
#[derive(Debug)]
pub struct Frozen {
    parts: Parts,
    days: FrozenDays,
    armed: FrozenArmed,
    hits: Hits,
    tracks: Tracks,
    concerns: Concerns,
    peers: FrozenPeers,
}

impl Frozen {
    /// Hands everything over.
    ///
    /// # Errors
    /// As the sink.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        self.parts.write(sink)?;
        self.days.write(sink)?;
        self.armed.write(sink)?;
        self.hits.write(sink)?;
        self.tracks.write(sink, "tracks")?;
        self.concerns.write(sink)?;
        self.peers.write(sink)
    }
}

impl Detector {
    /// A copy of everything that is not bound to the rules.
    ///
    /// # Errors
    /// Where a part cannot be encoded.
    pub fn freeze(&self) -> Result<Frozen, SnapshotError> {
        let mut parts = Parts::default();
        self.sent.write(&mut parts)?;
        self.selections.write(&mut parts)?;
        self.lacking.write(&mut parts, |each| self.selections.pending(each))?;
        self.groups.write(&mut parts)?;
        let newest = (self.newest, self.newest_far, self.asked.newest());
        let waiting = (&self.waiting, &self.found_anew, &self.settle, &self.closing);
        let memories: Vec<_> = self.memories.iter().collect();
        snapshot::put(&mut parts, "detector", &(newest, waiting, &self.stats, memories))?;
        Ok(Frozen {
            parts,
            days: self.day_ends.freeze(),
            armed: self.armed.freeze(),
            hits: self.hits.clone(),
            tracks: self.tracks.clone(),
            concerns: self.concerns.clone(),
            peers: self.peers.freeze(),
        })
    }

    /// A detector that was written, under the rules that were in force then, beside its ledger.
    ///
    /// # Errors
    /// Where a part is missing, damaged, or does not fit the rules.
    pub fn read(
        rules: RuleSet,
        settings: Settings,
        ledger: &mut Ledger,
        source: &mut dyn Source,
    ) -> Result<Self, SnapshotError> {
        let wanted = ledger.wanted();
        let mut detector = Self::with_lists(rules, settings, Sent::read(source)?, ledger);
        if ledger.wanted() != wanted {
            return Err(SnapshotError::new(
                "detector",
                "the rules are not those it was written under",
            ));
        }
        detector.selections.read(source)?;
        detector.lacking.read(source)?;
        detector.groups = Groups::read(source)?;
        let (newest, waiting, stats, memories): Rest = snapshot::take(source, "detector")?;
        let asked;
        (detector.newest, detector.newest_far, asked) = newest;
        detector.asked.set_newest(asked);
        (detector.waiting, detector.found_anew, detector.settle, detector.closing) = waiting;
        detector.stats = stats;
        detector.memories = memories.into_iter().collect();
        detector.day_ends.read(source)?;
        detector.armed.read(source)?;
        detector.hits = Hits::read(source)?;
        detector.tracks = Tracks::read(source, "tracks")?;
        for (index, track) in detector.tracks.iter().enumerate() {
            detector.by_anchor.entry(track.anchor).or_default().push(index);
        }
        detector.concerns = Concerns::read(source)?;
        detector.peers.read(source)?;
        Ok(detector)
    }
}
