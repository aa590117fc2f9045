//! What every script of a case names.

pub(crate) use crate::draft::{Code, Coin, Say, What};
pub(crate) use crate::people::Profile;
pub(crate) use crate::script::{Part, Scene, Script, later, when_open};
pub(crate) use crate::town::abroad;
pub(crate) use crate::verbs::{ANY, DAY, EVENING, MORNING, NIGHT, OFFICE, Spec, escorted, other};
pub(crate) use crate::who::Who;
pub(crate) use palermo_domain::alert::Role;
pub(crate) use palermo_domain::{
    Activity, AgeBand, CryptoCategory, EventCode, Product, RelationKind,
};
