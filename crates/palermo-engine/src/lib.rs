//! The deterministic task: inputs in, effects out; the order of reading, commits, recovery
//! decisions; the ports and their in-memory forms.

mod engine;
mod machine;
mod manual_clock;
mod memory_log;
mod merger;
pub mod port;
mod progress;
pub mod recovery;
pub mod rule_tests;
mod rules;
pub mod snapshot;
mod stats;
mod task;

pub use engine::{
    Bundle, Canary, ControlTotals, Counters, Engine, EngineConfig, EngineStop, Fates, Frozen,
    OpenTotal, Tally, TotalKind, TotalState, in_time,
};
pub use machine::Machine;
pub use manual_clock::ManualClock;
pub use memory_log::{CommitFault, Delivering, MemoryBroker, MemoryLog, Published};
pub use merger::{Merger, MergerConfig, Next, PushError, Reading, Ticks};
pub use palermo_codec::{Activation, Gap, Scheduled, Started, Tick};
pub use palermo_detect::{
    Asked, AskedLink, AskedSuppressor, FarSeen, Held, Look, Part, PartText, WhyNot,
};
pub use rules::{Bundles, NotAdmitted, RulesNews};
pub use stats::{Phase, Stats, Volume};
pub use task::{See, StartAt, Task, TaskConfig, TaskError, Turn, rerun};
