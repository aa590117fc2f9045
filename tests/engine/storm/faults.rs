//! What can go wrong, drawn and counted.

use palermo_tests::Chance;
use std::fmt;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process ends between two steps.
    Killed,
    /// The machine goes down: what was not synced may be gone or torn.
    PowerLost,
    /// The process ends while it recovers.
    KilledInRecovery,
    /// A call of the log fails.
    ConnectionLost,
    /// A commit fails before it took effect.
    CommitLost,
    /// A commit takes effect and its answer is lost.
    CommitUnknown,
    /// An engine that was taken for dead goes on.
    Zombie,
    /// An operation of the disk fails.
    DiskError,
    /// Nothing more fits on the disk.
    DiskFull,
    /// A byte of the newest snapshot is another.
    FileDamaged,
    /// The newest snapshot is gone.
    FileLost,
    /// Retention has cut the topics off behind the oldest snapshot.
    TopicsCut,
    /// A restart comes with other rules.
    RulesChanged,
    /// Somebody upstream keeps a transaction open.
    UpstreamHeld,
    /// The leader of a partition cannot be reached for a while.
    LeaderCut,
}

impl Fault {
    pub const ALL: [Self; 15] = [
        Self::Killed,
        Self::PowerLost,
        Self::KilledInRecovery,
        Self::ConnectionLost,
        Self::CommitLost,
        Self::CommitUnknown,
        Self::Zombie,
        Self::DiskError,
        Self::DiskFull,
        Self::FileDamaged,
        Self::FileLost,
        Self::TopicsCut,
        Self::RulesChanged,
        Self::UpstreamHeld,
        Self::LeaderCut,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The faults of a seed.
#[derive(Clone, Copy, Debug)]
pub struct Drawn(u32);

impl Drawn {
    /// One to four kinds, and processes that end, also while they recover.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0xfa17);
        let mut drawn = Self(1 << Fault::KilledInRecovery as u32 | 1 << Fault::Killed as u32);
        for _ in 0..=chance.below(4) {
            let at = usize::try_from(chance.below(Fault::ALL.len() as u64)).expect("small");
            drawn.0 |= 1 << Fault::ALL[at] as u32;
        }
        // A rerun from the first start needs the topics whole.
        if drawn.grows() {
            drawn.0 &= !(1 << Fault::TopicsCut as u32);
        }
        drawn
    }

    pub fn nothing() -> Self {
        Self(0)
    }

    pub fn has(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u32) != 0
    }

    /// Whether what is published depends on when things happened: then the recorded past is the judge.
    pub fn grows(self) -> bool {
        [Fault::RulesChanged, Fault::UpstreamHeld, Fault::LeaderCut]
            .into_iter()
            .any(|f| self.has(f))
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = Fault::ALL
            .into_iter()
            .filter(|fault| self.has(*fault))
            .map(|fault| fault.to_string())
            .collect();
        f.write_str(&names.join(", "))
    }
}

/// How often each kind happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    of: [u32; Fault::ALL.len()],
    /// Starts from a snapshot, and from the first start.
    pub restored: u32,
    pub from_nothing: u32,
    pub refused: u64,
    pub snapshots: u32,
}

impl Counts {
    pub fn note(&mut self, fault: Fault) {
        self.of[fault as usize] += 1;
    }

    pub fn of(&self, fault: Fault) -> u32 {
        self.of[fault as usize]
    }

    pub fn add(&mut self, other: &Self) {
        self.of.iter_mut().zip(other.of).for_each(|(sum, more)| *sum += more);
        self.restored += other.restored;
        self.from_nothing += other.from_nothing;
        self.refused += other.refused;
        self.snapshots += other.snapshots;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { restored, from_nothing, refused, snapshots, .. } = self;
        write!(f, "{restored} starts from a snapshot, {from_nothing} from nothing, ")?;
        write!(f, "{snapshots} snapshots written, {refused} refused")?;
        Fault::ALL.into_iter().try_for_each(|fault| write!(f, ", {fault} {}", self.of(fault)))
    }
}
